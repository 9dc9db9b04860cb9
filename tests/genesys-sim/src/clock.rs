//! The simulator's clock: real time plus an offset that control can grow.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serializer;
use tokio::time::Instant;

/// Whole milliseconds, the precision of the wire, so that what is read back compares equal.
#[derive(Debug)]
pub(crate) struct Clock {
    origin: Timestamp,
    started: Instant,
    offset: Duration,
}

// === impl Clock ===

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is where the simulator's time comes from")]
    pub(crate) fn starting_now() -> Self {
        Self::starting_at(Timestamp::now())
    }

    pub(crate) fn starting_at(origin: Timestamp) -> Self {
        Self { origin, started: Instant::now(), offset: Duration::ZERO }
    }

    pub(crate) fn now(&self) -> Timestamp {
        later(self.origin, self.started.elapsed().saturating_add(self.offset))
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.offset = self.offset.saturating_add(by);
    }
}

/// The instant `by` after `instant`, in whole milliseconds, at most the end of time.
pub(crate) fn later(instant: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(instant.as_millisecond().saturating_add(millis)).unwrap_or(Timestamp::MAX)
}

/// The time from `earlier` to `now`; zero if it has not come yet.
pub(crate) fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(earlier)).unwrap_or_default()
}

/// Serializes as the guide prints times: RFC 3339 with milliseconds and `Z`.
pub(crate) fn rfc3339_millis<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{instant:.3}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn advancing_moves_the_clock_and_nothing_moves_it_past_the_end_of_time() {
        let mut clock = Clock::starting_at("2024-05-15T14:32:10Z".parse().unwrap());
        clock.advance(Duration::from_mins(5));
        assert!(clock.now() >= "2024-05-15T14:37:10Z".parse().unwrap());
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn a_time_to_come_is_no_time_ago() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(since(later(now, Duration::from_secs(1)), now), Duration::ZERO);
        assert_eq!(since(now, later(now, Duration::from_secs(1))), Duration::from_secs(1));
    }
}
