//! The memory store's mirror is bounded, and forgets rather than refuses. It starts with nothing.

use std::sync::Arc;
use std::time::Duration;

use session_resumption::domain::mirror::entry::KEPT_FOR;
use session_resumption::ports::Clock;
use session_resumption::store::memory::MemoryStore;
use uuid::Uuid;

use crate::given::{ana, flow, seconds};
use crate::harness::{Harness, ManualClock, Time};
use crate::mirroring::{ended, whole};

const CAPACITY: usize = 4;

fn full() -> (Harness, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, CAPACITY);
    (Harness::new(Arc::new(store), Arc::clone(&clock) as Arc<dyn Time>), clock)
}

async fn read(h: &Harness, name: &str) {
    h.tell(name, &whole(name, h.now().await, None)).await;
}

async fn known(h: &Harness) -> Vec<&'static str> {
    let mut known = Vec::new();
    for name in ["one", "two", "three", "four", "five", "six", "seven"] {
        if h.fresh(name).await.is_some() {
            known.push(name);
        }
    }
    known
}

#[tokio::test]
async fn a_full_mirror_forgets_what_it_was_told_of_longest_ago() {
    let (h, _) = full();
    for name in ["one", "two", "three", "four"] {
        read(&h, name).await;
        h.advance(seconds(1)).await;
    }
    read(&h, "one").await;
    assert_eq!(known(&h).await, ["one", "two", "three", "four"], "who is known takes no room");
    read(&h, "five").await;
    assert_eq!(known(&h).await, ["one", "four", "five"]);
    read(&h, "six").await;
    assert_eq!(known(&h).await, ["one", "four", "five", "six"]);
    read(&h, "seven").await;
    assert_eq!(known(&h).await.len(), 3);
}

#[tokio::test]
async fn what_is_out_of_date_makes_room_first() {
    let (h, _) = full();
    for name in ["one", "two", "three"] {
        read(&h, name).await;
    }
    // A sweep keeps its distance from the one before.
    h.advance(KEPT_FOR.saturating_sub(seconds(60))).await;
    read(&h, "four").await;
    h.advance(seconds(60)).await;
    for name in ["five", "six", "seven"] {
        read(&h, name).await;
    }
    assert_eq!(known(&h).await, ["four", "five", "six", "seven"]);
}

#[tokio::test]
async fn what_is_out_of_date_is_not_joined_with_what_is_told() {
    let (h, _) = full();
    let at = h.now().await;
    h.tell("one", &ended("agent", at)).await;
    h.advance(KEPT_FOR).await;
    read(&h, "one").await;
    let fresh = h.fresh("one").await.unwrap();
    assert!(fresh.legs.all.iter().any(|leg| leg.id == "agent" && leg.is_live()), "{fresh:?}");
}

#[tokio::test]
async fn it_crowds_out_nothing_else() {
    let (h, _) = full();
    for name in ["one", "two", "three", "four", "five"] {
        read(&h, name).await;
    }
    h.lead(&ana(), &flow()).await;
}

#[tokio::test]
async fn after_a_restart_nothing_is_known_and_feeds_go_on_with_higher_numbers() {
    let (before, clock) = full();
    let owner = Uuid::from_u128(1);
    let feed = before.store.begin_feed(owner, seconds(60)).await.unwrap();
    read(&before, "one").await;
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, CAPACITY);
    let after = Harness::new(Arc::new(store), clock);
    assert_eq!(after.fresh("one").await, None);
    assert_eq!(after.store.feed().await.unwrap(), None);
    after.advance(Duration::from_millis(1)).await;
    assert!(after.store.begin_feed(owner, seconds(60)).await.unwrap() > feed);
}
