//! The time of this host.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::ports::Clock;

/// Tells the host's time as it was at the start, and what has passed since. A clock that is set, forward or back, would end
/// leases early or late, and a message could be sent twice; a clock that is only steered is followed.
///
/// Wherever another clock is at hand, of Genesys or of a shared store, that one is believed instead.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    began: Timestamp,
    at: Instant,
}

impl SystemClock {
    /// Asks the host for the time, once.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the host for the time")]
    pub fn start() -> Self {
        Self { began: Timestamp::now(), at: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.at.elapsed()).unwrap_or(SignedDuration::MAX);
        self.began.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}
