//! Replicas share one truth: what one store is told, the other tells.

use session_resumption::domain::pair::Joined;
use session_resumption::ports::Handshakes;
use session_resumption::store::redis::{RedisStore, StoreClock};
use tokio::task::JoinSet;

use crate::given::{TTL, ana, drop_of, resumable};
use crate::harness::{prefix, redis_store};
use crate::server::Server;
use crate::steps::{leading, replay};

/// Two stores with a connection each, as two processes have them.
fn replicas() -> [RedisStore; 2] {
    let prefix = prefix();
    [(); 2].map(|()| redis_store(Server::shared(), &prefix, StoreClock::Server))
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
