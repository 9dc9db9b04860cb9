//! The time of this host.

use jiff::Timestamp;

use crate::ports::Clock;

/// Tells the host's time. Wherever another clock is at hand, of Genesys or of the store, that one is believed instead.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the host for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
