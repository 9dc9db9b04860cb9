//! Whatever its server does, the store says so by type and in time.

use std::fmt::Debug;
use std::time::Duration;

use redis::Commands;
use session_resumption::ports::{Handshakes, Outage, StoreError};
use session_resumption::store::redis::{RedisStore, StoreClock, Unfit};

use tokio::time::Instant;

use crate::given::{ana, flow};
use crate::harness::{prefix, redis_store};
use crate::servers::Server;

fn store(server: &Server) -> RedisStore {
    redis_store(&server.url(), "sr", StoreClock::Server)
}

fn outage<T: Debug>(result: Result<T, StoreError>) -> Outage {
    match result {
        Err(StoreError::Unavailable(outage)) => outage,
        other => panic!("expected an outage, got {other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_is_fit_is_told() {
    assert_eq!(store(Server::shared()).check().await, Ok(Ok(())));
}

#[tokio::test]
async fn a_replica_is_refused_and_takes_no_writes() {
    let primary = Server::start(&[]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", &primary.port().to_string(), "--masterauth", "wrong"]);
    let store = store(&replica);
    assert_eq!(store.check().await, Ok(Err(Unfit::Replica)));
    assert_eq!(outage(store.join(&ana(), &flow()).await), Outage::ReadOnly);
}

#[tokio::test]
async fn a_cluster_node_is_refused() {
    let node = Server::start(&["--cluster-enabled", "yes"]);
    assert_eq!(store(&node).check().await, Ok(Err(Unfit::ClusterNode)));
    assert_eq!(outage(store(&node).join(&ana(), &flow()).await), Outage::NotReady);
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_in_time_and_found_again() {
    let server = Server::start(&[]);
    let store = store(&server);
    store.join(&ana(), &flow()).await.unwrap();
    server.kill();
    for _ in 0..3 {
        let before = Instant::now();
        let told = outage(store.join(&ana(), &flow()).await);
        assert!(matches!(told, Outage::Unreachable | Outage::TimedOut), "{told:?}");
        assert!(before.elapsed() < Duration::from_secs(5));
    }
    server.restart();
    let until = Instant::now() + Duration::from_secs(10);
    while store.join(&ana(), &flow()).await.is_err() {
        assert!(Instant::now() < until, "it does not find its server again");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_told_in_time() {
    let server = Server::start(&["--enable-debug-command", "local"]);
    let store = store(&server);
    store.join(&ana(), &flow()).await.unwrap();
    let sleeping = std::thread::spawn({
        let mut admin = server.admin();
        move || redis::cmd("DEBUG").arg("SLEEP").arg(3).exec(&mut admin)
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = Instant::now();
    assert_eq!(outage(store.join(&ana(), &flow()).await), Outage::TimedOut);
    assert!(before.elapsed() < Duration::from_millis(2_500));
    sleeping.join().unwrap().unwrap();
    store.join(&ana(), &flow()).await.unwrap();
}

#[tokio::test]
async fn a_full_server_is_full() {
    let server = Server::start(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]);
    assert_eq!(store(&server).join(&ana(), &flow()).await.map(drop), Err(StoreError::Full));
}

#[tokio::test]
async fn wrong_credentials_are_told() {
    let url = Server::shared().url().replace("only-a-test", "wrong");
    let store = RedisStore::new(&url.parse().unwrap(), None, "sr", StoreClock::Server).unwrap();
    assert_eq!(outage(store.join(&ana(), &flow()).await), Outage::Denied);
    assert_eq!(outage(store.check().await), Outage::Denied);
    assert!(!format!("{store:?}").contains("wrong"));
}

#[tokio::test]
async fn a_server_that_learns_the_password_later_is_found() {
    let server = Server::start(&[]);
    let url = server.url().replace("only-a-test", "new");
    let store = RedisStore::new(&url.parse().unwrap(), None, "sr", StoreClock::Server).unwrap();
    assert_eq!(outage(store.join(&ana(), &flow()).await), Outage::Denied);
    let mut admin = server.admin();
    redis::cmd("CONFIG").arg(&["SET", "requirepass", "new"]).exec(&mut admin).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    store.join(&ana(), &flow()).await.unwrap();
}

#[tokio::test]
async fn a_value_that_is_not_ours_is_told() {
    let prefix = prefix();
    let store = redis_store(&Server::shared().url(), &prefix, StoreClock::Server);
    store.join(&ana(), &flow()).await.unwrap();
    let mut admin = Server::shared().admin();
    let key = admin.keys::<_, Vec<String>>(format!("{prefix}:*")).unwrap().remove(0);
    for strange in ["", "hello", "{\"version\":1}", "\u{81}"] {
        let () = admin.set(&key, strange).unwrap();
        assert_eq!(outage(store.join(&ana(), &flow()).await), Outage::Foreign, "{strange:?}");
    }
    let () = admin.del(&key).unwrap();
    let () = admin.lpush(&key, "x").unwrap();
    assert_eq!(outage(store.join(&ana(), &flow()).await), Outage::Foreign);
}
