//! Who listens, and since when without a break: at most one at a time.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::Feed;
use crate::domain::time::after;

/// The feed of the one who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    owner: Uuid,
    feed: Feed,
    heard: Timestamp,
    ends: Timestamp,
}

impl Listening {
    /// Begins a feed, unless another owner's lasts. Its number is higher than any before, also where those were lost: numbers
    /// begin at the time, in milliseconds.
    pub fn begin(before: Option<&Self>, owner: Uuid, hold_for: Duration, now: Timestamp) -> Option<Self> {
        if before.is_some_and(|before| before.owner != owner && before.lasts(now)) {
            return None;
        }
        let next = before.map_or(0, |before| before.feed.0.saturating_add(1));
        let feed = Feed(next.max(now.as_millisecond().try_into().unwrap_or(0)));
        Some(Self { owner, feed, heard: now, ends: after(now, hold_for) })
    }

    /// Its number.
    pub fn feed(&self) -> Feed {
        self.feed
    }

    /// Notes that it was heard just now: `false` if it does not last any more. One that lapsed does not come back, because
    /// another could have begun meanwhile.
    pub fn hear(&mut self, owner: Uuid, feed: Feed, hold_for: Duration, now: Timestamp) -> bool {
        let lasts = self.owner == owner && self.feed == feed && self.lasts(now);
        if lasts {
            self.heard = now;
            self.ends = after(now, hold_for);
        }
        lasts
    }

    /// The feed and when it was last heard, if it lasts.
    pub fn lasting(&self, now: Timestamp) -> Option<(Feed, Timestamp)> {
        self.lasts(now).then_some((self.feed, self.heard))
    }

    fn lasts(&self, now: Timestamp) -> bool {
        now < self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Duration = Duration::from_secs(30);
    const ONE: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(1_000_000_000 + micros).unwrap()
    }

    fn begun(before: Option<&Listening>, owner: Uuid, micros: i64) -> Listening {
        Listening::begin(before, owner, HOLD, at(micros)).unwrap()
    }

    #[test]
    fn another_begins_only_once_the_hold_is_over() {
        let one = begun(None, ONE, 0);
        assert_eq!(Listening::begin(Some(&one), OTHER, HOLD, at(29_999_999)), None);
        let other = begun(Some(&one), OTHER, 30_000_000);
        assert!(other.feed > one.feed);
    }

    #[test]
    fn what_is_heard_goes_on_and_what_lapsed_does_not_come_back() {
        let mut one = begun(None, ONE, 0);
        let feed = one.feed;
        assert!(one.hear(ONE, feed, HOLD, at(29_999_999)));
        assert_eq!(one.lasting(at(59_999_998)), Some((feed, at(29_999_999))));
        assert_eq!(one.lasting(at(59_999_999)), None);
        assert!(!one.hear(ONE, feed, HOLD, at(59_999_999)));
        assert!(begun(Some(&one), ONE, 60_000_000).feed > feed);
    }

    #[test]
    fn each_beginning_of_the_same_owner_ends_the_feed_before() {
        let first = begun(None, ONE, 0);
        let mut second = begun(Some(&first), ONE, 0);
        assert_eq!(second.feed, Feed(first.feed.0 + 1), "also within one millisecond");
        assert!(!second.hear(ONE, first.feed, HOLD, at(1)));
        assert!(!second.hear(OTHER, second.feed, HOLD, at(1)));
        assert!(second.hear(ONE, second.feed, HOLD, at(1)));
    }

    #[test]
    fn a_record_that_was_lost_does_not_make_a_number_come_back() {
        let lost = begun(Some(&begun(None, ONE, 0)), ONE, 0);
        assert!(begun(None, OTHER, 2_000).feed > lost.feed);
    }
}
