//! A feed covers what is told in it, for as long as it is heard. Never do two owners hold it.

use std::collections::BTreeSet;
use std::time::Duration;

use session_resumption::domain::mirror::Feed;
use session_resumption::domain::mirror::entry::WHOLE_LASTS;
use uuid::Uuid;

use crate::crowds::at_once;
use crate::given::{hours, seconds};
use crate::harness::Harness;
use crate::mirroring::{MAX_AGE, ended, whole};

for_every_store!(
    nobody_listens_at_first,
    another_begins_only_once_the_hold_is_over,
    the_same_owner_begins_the_next,
    of_all_who_begin_at_once_one_does,
    of_all_that_one_owner_begins_at_once_the_last_lasts,
    what_a_feed_covers_is_fresh_while_it_is_heard,
    a_feed_that_ends_covers_nothing_and_the_next_only_what_is_told_in_it,
    a_change_makes_nothing_fresh,
    a_feed_covers_nothing_for_ever,
);

/// Longer than the longest age, so that it is heard too long ago before it ends.
const HOLD: Duration = Duration::from_hours(1);

impl Harness {
    async fn begins(&self, owner: u128) -> Option<Feed> {
        self.store.begin_feed(Uuid::from_u128(owner), HOLD).await.unwrap()
    }

    async fn hears(&self, owner: u128, feed: Feed) -> bool {
        self.store.heard(Uuid::from_u128(owner), feed, HOLD).await.unwrap()
    }

    async fn feed(&self) -> Option<Feed> {
        self.store.feed().await.unwrap()
    }
}

async fn nobody_listens_at_first(h: &Harness) {
    assert_eq!(h.feed().await, None);
    assert!(!h.hears(1, Feed(0)).await);
    assert_eq!(h.feed().await, None);
}

async fn another_begins_only_once_the_hold_is_over(h: &Harness) {
    let first = h.begins(1).await.unwrap();
    assert_eq!(h.begins(2).await, None);
    assert_eq!(h.feed().await, Some(first));
    h.advance(HOLD.saturating_sub(seconds(60))).await;
    assert!(h.hears(1, first).await);
    h.advance(HOLD.saturating_sub(seconds(60))).await;
    assert_eq!(h.begins(2).await, None);
    assert!(!h.hears(2, first).await, "it is not theirs");
    h.advance(seconds(60)).await;
    assert_eq!(h.feed().await, None);
    let second = h.begins(2).await.unwrap();
    assert!(second > first);
    assert!(!h.hears(1, first).await);
    assert_eq!(h.begins(1).await, None);
    assert!(h.hears(2, second).await);
}

async fn the_same_owner_begins_the_next(h: &Harness) {
    let first = h.begins(1).await.unwrap();
    let second = h.begins(1).await.unwrap();
    assert!(second > first);
    assert!(!h.hears(1, first).await);
    assert!(h.hears(1, second).await);
    assert_eq!(h.feed().await, Some(second));
    h.advance(hours(48)).await;
    assert!(!h.hears(1, second).await, "what lapsed does not come back");
    assert!(h.begins(1).await.unwrap() > second);
}

async fn of_all_who_begin_at_once_one_does(h: &Harness) {
    let begun = at_once(h, 50, |store, n| async move {
        store.begin_feed(Uuid::from_u128(n.try_into().unwrap()), HOLD).await.unwrap()
    });
    assert_eq!(begun.await.into_iter().flatten().count(), 1);
}

async fn of_all_that_one_owner_begins_at_once_the_last_lasts(h: &Harness) {
    let begun = at_once(h, 30, |store, _| async move { store.begin_feed(Uuid::from_u128(1), HOLD).await.unwrap() });
    let begun: BTreeSet<Feed> = begun.await.into_iter().flatten().collect();
    assert_eq!(begun.len(), 30);
    for feed in &begun {
        assert_eq!(h.hears(1, *feed).await, Some(feed) == begun.last());
    }
}

async fn what_a_feed_covers_is_fresh_while_it_is_heard(h: &Harness) {
    let feed = h.begins(1).await;
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, feed)).await;
    h.tell("chat-2", &whole("chat-2", at, None)).await;
    let nearly = MAX_AGE.saturating_sub(seconds(60));
    for _ in 0..2 {
        h.advance(nearly).await;
        assert!(h.hears(1, feed.unwrap()).await);
    }
    h.advance(nearly).await;
    assert!(h.fresh("chat-1").await.is_some(), "nothing happened in it, and somebody listens");
    assert_eq!(h.fresh("chat-2").await, None, "it was not told in the feed");
    h.advance(seconds(60)).await;
    h.advance(Duration::from_micros(1)).await;
    assert_eq!(h.feed().await, feed, "it lasts");
    assert_eq!(h.fresh("chat-1").await, None, "and is not heard");
}

async fn a_feed_that_ends_covers_nothing_and_the_next_only_what_is_told_in_it(h: &Harness) {
    let first = h.begins(1).await;
    h.tell("chat-1", &whole("chat-1", h.now().await, first)).await;
    h.advance(MAX_AGE * 2).await;
    assert!(h.hears(1, first.unwrap()).await);
    assert!(h.fresh("chat-1").await.is_some());
    // A gap.
    let second = h.begins(1).await;
    assert_eq!(h.fresh("chat-1").await, None);
    h.tell("chat-1", &whole("chat-1", h.now().await, second)).await;
    h.advance(MAX_AGE * 2).await;
    assert!(h.hears(1, second.unwrap()).await);
    assert!(h.fresh("chat-1").await.is_some());
    // Another owner, after the first was silent for too long.
    h.advance(HOLD).await;
    let third = h.begins(2).await;
    assert_eq!(h.fresh("chat-1").await, None);
    h.tell("chat-1", &whole("chat-1", h.now().await, second)).await;
    h.advance(MAX_AGE * 2).await;
    assert!(h.hears(2, third.unwrap()).await);
    assert_eq!(h.fresh("chat-1").await, None, "the read had begun in the feed before");
}

async fn a_change_makes_nothing_fresh(h: &Harness) {
    let first = h.begins(1).await;
    h.tell("chat-1", &whole("chat-1", h.now().await, first)).await;
    h.advance(MAX_AGE * 2).await;
    assert!(h.hears(1, first.unwrap()).await);
    assert!(h.fresh("chat-1").await.is_some());
    h.tell("chat-1", &ended("agent", h.now().await)).await;
    assert_eq!(h.fresh("chat-1").await, None, "whoever comes next is told of by another event");
    h.tell("chat-1", &whole("chat-1", h.now().await, first)).await;
    assert!(h.fresh("chat-1").await.is_some());
}

async fn a_feed_covers_nothing_for_ever(h: &Harness) {
    let feed = h.begins(1).await;
    h.tell("chat-1", &whole("chat-1", h.now().await, feed)).await;
    h.advance(WHOLE_LASTS.saturating_sub(seconds(60))).await;
    assert!(h.hears(1, feed.unwrap()).await);
    assert!(h.fresh("chat-1").await.is_some());
    h.advance(seconds(60)).await;
    h.advance(Duration::from_micros(1)).await;
    assert!(h.hears(1, feed.unwrap()).await);
    assert_eq!(h.fresh("chat-1").await, None);
}
