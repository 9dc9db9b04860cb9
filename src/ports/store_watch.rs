//! Who has to know that the store is out of reach.

use super::Outage;

/// Told how calls fare for want of the store. It must not block and cannot fail.
pub trait StoreWatch: Send + Sync {
    /// A call of the store ended so.
    fn failed(&self, outage: Outage);
    /// An answer was given without the store.
    fn bypassed(&self);
}
