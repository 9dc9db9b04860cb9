//! Replicas share one truth: what one store is told, the other tells.

use std::sync::Arc;

use futures_util::FutureExt;
use session_resumption::domain::counter::Written;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::pair::Joined;
use session_resumption::ports::Handshakes;
use session_resumption::store::redis::{RedisStore, StoreClock};
use tokio::task::JoinSet;

use crate::given::{TTL, ana, drop_of, message, resumable, seconds};
use crate::harness::{Ahead, Harness, prefix, redis_store};
use crate::servers::Server;
use crate::steps::{leading, replay};

/// Two stores with a connection each, as two processes have them.
fn replicas() -> [RedisStore; 2] {
    let prefix = prefix();
    [(); 2].map(|()| redis_store(&Server::shared().url(), &prefix, StoreClock::Server))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_who_join_at_two_replicas_one_leads() {
    let replicas = replicas();
    let mut joins = JoinSet::new();
    for (n, store) in (0..200).zip(replicas.iter().cycle().cloned()) {
        joins.spawn(async move { store.join(&ana(), &drop_of(&format!("tab-{n}"), 1)).await.unwrap().0 });
    }
    let joined = joins.join_all().await;
    let led: Vec<_> = joined.iter().filter(|joined| matches!(joined, Joined::Lead { .. })).collect();
    let waited = joined.iter().filter(|joined| matches!(joined, Joined::Wait { .. })).count();
    assert_eq!((led.len(), waited), (1, 199));
}

#[tokio::test]
async fn what_one_replica_concluded_the_other_replays() {
    let [here, there] = replicas();
    let lead = leading(&here.join(&ana(), &drop_of("one", 1)).await.unwrap().0);
    there.changed(&ana().conversation).await;
    let told = here.conclude(&ana(), lead.lease, None, resumable(), TTL).await.unwrap();
    let replayed = replay(there.join(&ana(), &drop_of("two", 2)).await.unwrap().0);
    assert_eq!((replayed.handshake, replayed.answer), (told.handshake, told.answer));
}

#[tokio::test]
async fn what_this_replica_ends_wakes_its_own_followers_at_once() {
    let [here, _] = replicas();
    let (chat, h) = (&ana().conversation, Harness::new(Arc::new(here.clone()), Arc::new(Ahead::default())));
    let lead = leading(&here.join(&ana(), &drop_of("one", 1)).await.unwrap().0);
    let mut woken = Vec::new();
    // Nobody has begun to wait when it comes, so that only a change wakes and no time does.
    let change = here.changed(chat);
    let error = Error::retry(Reason::UpstreamUnavailable, "genesys is away", seconds(2));
    here.fail(&ana(), lead.lease, error, seconds(3)).await.unwrap();
    woken.push(change.now_or_never());

    let lead = leading(&here.join(&ana(), &drop_of("two", 2)).await.unwrap().0);
    let change = here.changed(chat);
    let told = here.conclude(&ana(), lead.lease, None, resumable(), TTL).await.unwrap();
    woken.push(change.now_or_never());

    let id = told.handshake.unwrap();
    let writing = h.claim_write(&ana(), id, 0).await;
    let change = here.changed(chat);
    here.settle(chat, writing.lease, Written::Yes).await.unwrap();
    woken.push(change.now_or_never());

    let held = h.hold(&ana(), id, &[message(&ana(), "m-1", 1)]).await;
    let change = here.changed(chat);
    here.end_injection(chat, held.lease).await.unwrap();
    woken.push(change.now_or_never());
    assert_eq!(woken, [Some(()); 4]);
    // And without a change there is nothing to be woken by.
    assert_eq!(here.changed(chat).now_or_never(), None);
}
