//! What only the Redis store's mirror promises: what one replica is told the other recalls, whatever else lies in the server.

use std::sync::Arc;

use jiff::SignedDuration;
use redis::Commands;
use session_resumption::domain::legs::{Leg, Legs, Purpose};
use session_resumption::domain::mirror::entry::{KEPT_FOR, UNSEEN_FOR};
use session_resumption::domain::mirror::{Feed, Fresh, News};
use session_resumption::ports::Mirror as _;
use session_resumption::store::redis::StoreClock;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::given::seconds;
use crate::harness::{Ahead, Harness, prefix, redis_store};
use crate::mirroring::{chat, ended, leg, legs, whole};
use crate::servers::Server;
use crate::steps::soon;

/// Replicas with a connection each, as two processes have them.
fn replicas(server: &Server, prefix: &str) -> [Harness; 2] {
    [(); 2].map(|()| {
        let store = redis_store(&server.url(), prefix, StoreClock::Server);
        Harness::new(Arc::new(store), Arc::new(Ahead::default()))
    })
}

/// The keys, and their times to live in seconds.
fn lying(prefix: &str) -> Vec<(String, u64)> {
    let mut connection = Server::shared().admin();
    let mut keys: Vec<String> = connection.keys(format!("{prefix}:*")).unwrap();
    keys.sort_unstable();
    keys.into_iter().map(|key| (key.clone(), connection.ttl(&key).unwrap())).collect()
}

#[tokio::test]
async fn what_one_replica_is_told_the_other_recalls() {
    let [here, there] = replicas(Server::shared(), &prefix());
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let first = here.store.begin_feed(one, seconds(60)).await.unwrap();
    assert_eq!(there.store.begin_feed(other, seconds(60)).await.unwrap(), None);
    assert_eq!(there.store.feed().await.unwrap(), first);
    let at = here.now().await;
    here.tell("chat-1", &whole("chat-1", at, first)).await;
    there.tell("chat-1", &ended("agent", at)).await;
    for h in [&here, &there] {
        let legs = h.fresh("chat-1").await.unwrap().legs;
        assert_eq!(legs.all.iter().filter(|leg| leg.is_live()).count(), 1, "{legs:?}");
    }
}

#[tokio::test]
async fn a_gap_is_known_everywhere_at_once() {
    let [here, there] = replicas(Server::shared(), &prefix());
    let one = Uuid::from_u128(1);
    let first = here.store.begin_feed(one, seconds(60)).await.unwrap();
    // Read so long ago that only the feed makes it fresh.
    let at = here.now().await - SignedDuration::from_hours(1);
    here.tell("chat-1", &whole("chat-1", at, first)).await;
    assert!(there.fresh("chat-1").await.is_some());
    here.store.begin_feed(one, seconds(60)).await.unwrap();
    assert_eq!(there.fresh("chat-1").await, None);
}

#[tokio::test]
async fn a_server_that_lost_its_data_recalls_nothing_and_no_number_comes_back() {
    let server = Server::start(&[]);
    let [here, _] = replicas(&server, &prefix());
    let one = Uuid::from_u128(1);
    let first = here.store.begin_feed(one, seconds(60)).await.unwrap().unwrap();
    let second = here.store.begin_feed(one, seconds(60)).await.unwrap().unwrap();
    here.tell("chat-1", &whole("chat-1", here.now().await, Some(second))).await;
    // Numbers begin anew with each millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    redis::cmd("FLUSHALL").exec(&mut server.admin()).unwrap();
    assert_eq!(here.fresh("chat-1").await, None);
    assert_eq!(here.store.feed().await.unwrap(), None);
    assert!(!here.store.heard(one, second, seconds(60)).await.unwrap());
    let third = here.store.begin_feed(one, seconds(60)).await.unwrap().unwrap();
    assert!(first < second && second < third, "{first:?} {second:?} {third:?}");
}

#[tokio::test]
async fn keys_expire_and_tell_no_id() {
    let prefix = prefix();
    let [h, _] = replicas(Server::shared(), &prefix);
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    h.store.begin_feed(Uuid::from_u128(1), seconds(90)).await.unwrap();
    let found = lying(&prefix);
    let [(entry, entry_ttl), (feed, feed_ttl)] = found.as_slice() else { panic!("{found:?}") };
    assert!(entry.ends_with("}:m") && !entry.contains("chat"), "{entry}");
    assert!((KEPT_FOR.as_secs()..KEPT_FOR.as_secs() + 600).contains(entry_ttl), "{entry_ttl}");
    assert!(feed.ends_with(":{feed}:f"), "{feed}");
    assert!((90..=150).contains(feed_ttl), "{feed_ttl}");
    let messages = vec![("m-1".to_owned(), at + SignedDuration::from_secs(1))];
    h.tell("chat-1", &News::Undelivered { event: "e-1".to_owned(), messages }).await;
    let ttl = lying(&prefix)[0].1;
    assert!((UNSEEN_FOR.as_secs()..UNSEEN_FOR.as_secs() + 600).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn a_question_leaves_nothing_behind() {
    let prefix = prefix();
    let [h, _] = replicas(Server::shared(), &prefix);
    h.recall("chat-1").await;
    h.store.feed().await.unwrap();
    h.store.heard(Uuid::from_u128(1), Feed(1), seconds(60)).await.unwrap();
    assert_eq!(lying(&prefix), []);
}

#[tokio::test]
async fn what_another_version_wrote_is_as_good_as_nothing() {
    let prefix = prefix();
    let [h, _] = replicas(Server::shared(), &prefix);
    let at = h.now().await;
    h.tell("chat-1", &whole("chat-1", at, None)).await;
    let key = lying(&prefix).remove(0).0;
    for foreign in ["", "1", "no number", "7 {}", "7 {\"legs\": 7}", "\u{0}\n"] {
        Server::shared().admin().set::<_, _, ()>(&key, foreign).unwrap();
        assert_eq!(h.fresh("chat-1").await, None, "{foreign:?}");
        h.tell("chat-1", &whole("chat-1", at, None)).await;
        assert!(h.fresh("chat-1").await.is_some(), "{foreign:?}");
        assert!(lying(&prefix)[0].1 > 0, "it expires again");
    }
}

/// More replicas than may each write first: what then gets lost must not be missing from what is gone by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_replicas_tell_at_once_nothing_is_fresh_and_wrong() {
    const CROWD: usize = 40;
    let prefix = prefix();
    let [h, _] = replicas(Server::shared(), &prefix);
    let at = h.now().await;
    let agents: Vec<Leg> = (0..CROWD).map(|n| leg(&format!("agent-{n}"), Purpose::Agent, at)).collect();
    let all = Legs { all: agents, ..legs("chat-1", at) };
    h.tell("chat-1", &News::Whole { legs: all, as_of: at, feed: None }).await;
    let start = Arc::new(Barrier::new(CROWD));
    let mut told = JoinSet::new();
    for n in 0..CROWD {
        let (store, start) = (redis_store(&Server::shared().url(), &prefix, StoreClock::Server), Arc::clone(&start));
        told.spawn(async move {
            store.feed().await.unwrap();
            start.wait().await;
            store.tell(&chat("chat-1"), &ended(&format!("agent-{n}"), at)).await.unwrap();
        });
    }
    soon(told.join_all()).await;
    let live = |fresh: Fresh| fresh.legs.all.iter().filter(|leg| leg.is_live()).count();
    assert_eq!(h.fresh("chat-1").await.map_or(0, live), 0);
}
