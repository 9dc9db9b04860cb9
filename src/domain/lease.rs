//! The right to do one piece of work, for a while.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::time::until;

/// Shown by whoever holds a lease. A holder that lost it shows an old fence and is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// A nonce of the holder's choosing, new for each piece of work.
    pub owner: Uuid,
    /// Grows with every grant.
    pub fence: u64,
}

/// The lease was lost: it ran out and another took over, or the record is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease was lost")]
pub struct Fenced;

/// A lease that was granted, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grant {
    /// What the holder shows.
    pub lease: Lease,
    /// When it runs out.
    pub until: Timestamp,
}

impl Grant {
    /// Whether it still holds.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// How long it still holds.
    pub fn left(&self, now: Timestamp) -> Duration {
        until(now, self.until)
    }
}
