//! Times that clients tell. They are advisory: a wrong clock must not cost anybody the session.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::time::until;

/// How far a client's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_mins(5);
/// How old a drop may be: no conversation can be resumed for longer.
const OLD: Duration = Duration::from_hours(72);

/// The time, if it can be true.
pub(super) fn believable(told: Timestamp, now: Timestamp) -> Option<Timestamp> {
    Some(told).filter(|_| until(now, told) <= AHEAD && until(told, now) <= OLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_what_can_be_true() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let now = at(1_000_000);
        for (told, believed) in [
            (now, true),
            (at(1_000_300), true),
            (at(1_000_301), false),
            (at(1_000_000 - 72 * 3600), true),
            (at(1_000_000 - 72 * 3600 - 1), false),
            (Timestamp::MIN, false),
            (Timestamp::MAX, false),
        ] {
            assert_eq!(believable(told, now), Some(told).filter(|_| believed), "{told}");
        }
    }
}
