//! Who signs what browsers show.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::principal::Bound;

/// Signs session tokens.
pub trait SessionTokens: Send + Sync {
    /// A token for a session: of this number in this line, and good for so long from now on. None where no secret is configured.
    fn issue(&self, bound: &Bound, line: Uuid, generation: u64, now: Timestamp, ttl: Duration) -> Option<String>;
}
