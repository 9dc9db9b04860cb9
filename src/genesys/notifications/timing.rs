//! How long listening waits for what.

use std::time::Duration;

use crate::domain::retry::Backoff;

/// Between tries to listen. It never gives up: without it, every state is read.
pub(super) const BACKOFF: Backoff =
    Backoff { base: Duration::from_secs(1), cap: Duration::from_mins(1), tries: u32::MAX };

/// A feed that lasted so long says that listening works; the next try is made as after a first failure.
pub(super) const SETTLED: Duration = Duration::from_mins(1);

/// How long a feed lasts that is not to last: it is begun for its number, or to end the one before.
pub(super) const RELEASE: Duration = Duration::from_millis(1);

/// How long a call may wait for the budget and the answer. No customer waits for it.
pub(super) const CALL: Duration = Duration::from_secs(30);

/// How long connecting a socket, or sending on it, may take.
pub(super) const SOCKET: Duration = Duration::from_secs(10);

/// How long a channel is still listened to after its successor is: for what was on its way.
pub(super) const OVERLAP: Duration = Duration::from_secs(10);

/// The life that the platform gives a channel.
const LIFE: Duration = Duration::from_hours(24);

/// The shortest life that is believed.
const SHORTEST_LIFE: Duration = Duration::from_mins(1);

/// How long a channel stays before it may be renewed, whatever it says: renewing takes calls.
pub(super) const STAY: Duration = Duration::from_secs(30);

/// How long a channel is left alone at most; the platform sends a sign of life about as often.
const QUIET: Duration = Duration::from_secs(30);

/// How long an answer to a ping is waited for at most.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often at most the store is told that the feed is heard.
const BEAT: Duration = Duration::from_secs(5);

/// How long before its end a channel is renewed; so much again is left to chance, so that channels do not all end at once.
const MARGIN: Duration = Duration::from_mins(10);

/// What follows from how long a feed is held: it is found broken before it ends for want of being heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timing {
    hold: Duration,
    /// The silence after which a channel is pinged.
    pub(super) ping_after: Duration,
    /// The silence after which it is broken.
    pub(super) broken_after: Duration,
    /// How often the store is told that the feed is heard, and the state looked after.
    pub(super) beat: Duration,
}

// === impl Timing ===

impl Timing {
    pub(super) fn of(hold: Duration) -> Self {
        let ping_after = QUIET.min(hold / 3);
        Self {
            hold,
            ping_after,
            broken_after: ping_after + PATIENCE.min(hold / 6),
            beat: BEAT.min(hold / 6).max(Duration::from_millis(10)),
        }
    }

    /// The wait of a replica that stands by.
    pub(super) fn stand_by(&self, unit: f64) -> Duration {
        self.hold.mul_f64(unit.clamp(0.0, 1.0).mul_add(0.25, 0.25))
    }
}

/// When to renew a channel that has this long to live. One that is over already, or lives on for ever, is taken for a usual one:
/// clocks differ, and the platform warns before it closes a channel.
pub(super) fn renewal(life: Option<Duration>, unit: f64) -> Duration {
    let life = life.filter(|life| *life >= SHORTEST_LIFE).unwrap_or(LIFE).min(LIFE);
    let margin = MARGIN + MARGIN.mul_f64(unit.clamp(0.0, 1.0));
    life.saturating_sub(margin).max(life / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_channel_is_found_broken_before_its_feed_ends() {
        for hold in [1, 10, 45, 60, 90, 600].map(Duration::from_secs) {
            let timing = Timing::of(hold);
            assert!(timing.ping_after < timing.broken_after, "{hold:?}");
            assert!(timing.broken_after + 2 * timing.beat < hold, "{hold:?}");
            for unit in [0.0, 0.5, 1.0] {
                assert!(timing.stand_by(unit) >= hold / 4 && timing.stand_by(unit) <= hold / 2);
            }
        }
        let timing = Timing::of(Duration::from_mins(2));
        assert_eq!((timing.ping_after, timing.broken_after), (QUIET, Duration::from_secs(45)));
    }

    #[test]
    fn a_channel_is_renewed_well_before_its_end() {
        let minutes = Duration::from_mins;
        assert_eq!(renewal(Some(LIFE), 0.0), minutes(24 * 60 - 10));
        assert_eq!(renewal(Some(LIFE), 1.0), minutes(24 * 60 - 20));
        assert_eq!(renewal(Some(minutes(10)), 1.0), minutes(5));
        for strange in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
            assert_eq!(renewal(strange, 0.0), minutes(24 * 60 - 10));
        }
    }
}
