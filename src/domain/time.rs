//! Instants and the time between them, total at both ends of time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// An instant later than another by a duration; the end of time where there is no such instant.
pub fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}

/// How long until an instant; zero when it has passed.
pub fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}
