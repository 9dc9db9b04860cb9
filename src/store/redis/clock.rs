//! The store's clock: the server's, so that replicas whose hosts disagree still share one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::time::after;

/// What the script goes by.
#[derive(Debug, Clone, Default)]
pub enum StoreClock {
    /// The server's clock.
    #[default]
    Server,
    /// The server's clock and this many microseconds: lets hours pass in a test.
    Ahead(Arc<AtomicU64>),
    /// Stands at this many microseconds since 1970: for comparing the script with the rules instant by instant.
    Standing(Arc<AtomicU64>),
}

impl StoreClock {
    /// As `time.now` of the script takes it.
    pub(super) fn argument(&self) -> String {
        match self {
            Self::Server => "+0".to_owned(),
            Self::Ahead(by) => format!("+{}", by.load(Ordering::SeqCst)),
            Self::Standing(at) => format!("={}", at.load(Ordering::SeqCst)),
        }
    }

    /// What it shows when the server's clock shows `now`.
    pub(super) fn read(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Server => now,
            Self::Ahead(by) => after(now, Duration::from_micros(by.load(Ordering::SeqCst))),
            Self::Standing(at) => after(Timestamp::UNIX_EPOCH, Duration::from_micros(at.load(Ordering::SeqCst))),
        }
    }
}
