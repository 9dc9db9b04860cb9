//! What is told under a feed is gone by for as long as the feed goes on, with the mirror that a replica of its own has.

use std::sync::Arc;

use session_resumption::clock::SystemClock;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::mirror::{Feed, MaxAge};
use session_resumption::ports::Mirror;
use session_resumption::store::memory::{DEFAULT_CAPACITY, MemoryStore};

use crate::clock::{breathe, pass, until};
use crate::rig::{HOLD, Rig, SECOND, conversation, listening, queue_topic};

/// Whether a conversation is known well enough to be gone by. What it was told is older than anything may be without a feed.
async fn is_known(store: &MemoryStore, id: &str) -> bool {
    let id = ConversationId::parse(id).unwrap();
    store.recall(&id, MaxAge::both(HOLD)).await.unwrap().fresh.is_some()
}

async fn knows(store: &MemoryStore, id: &str) {
    for _ in 0..10_000 {
        if is_known(store, id).await {
            return;
        }
        breathe().await;
    }
    panic!("in vain: {id}");
}

async fn lasting(rig: &Rig, store: &MemoryStore, former: Option<Feed>) -> Option<Feed> {
    until("a channel", || rig.control.channel_sockets() == 1).await;
    for _ in 0..10_000 {
        // The feeds that are begun for their numbers are over.
        tokio::time::advance(SECOND / 500).await;
        let feed = store.feed().await.unwrap();
        if feed.is_some() && feed != former {
            return feed;
        }
        breathe().await;
    }
    panic!("in vain: a feed");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_known_until_something_may_have_been_missed() {
    let rig = Rig::new().await;
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock::start()), DEFAULT_CAPACITY));
    let _replica = rig.replica_with(&rig.sim.url(), store.clone(), listening(&["a"], &[]));
    let first = lasting(&rig, &store, None).await;
    rig.happens("a", "c-1");
    rig.happens("a", "c-2");
    knows(&store, "c-1").await;
    knows(&store, "c-2").await;
    pass(5 * HOLD).await;
    assert!(is_known(&store, "c-1").await, "it did not change, or we would have heard");

    // It moves on to where nobody listens.
    rig.control.publish(queue_topic("a"), conversation("c-2", "b", 30));
    until("the news", || rig.frames("told") == 3).await;
    pass(SECOND).await;
    assert!(!is_known(&store, "c-2").await && is_known(&store, "c-1").await);

    rig.control.cut_channel_sockets();
    until("a gap", || rig.gaps("closed") == 1).await;
    breathe().await;
    assert!(!is_known(&store, "c-1").await, "from that moment on");
    pass(SECOND).await;
    lasting(&rig, &store, first).await;
    assert!(!is_known(&store, "c-1").await, "the next feed says nothing of what was missed before it");
    rig.happens("a", "c-3");
    knows(&store, "c-3").await;
}
