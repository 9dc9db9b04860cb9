//! Whatever becomes of its server, the store says so by type and in time, and comes back with it.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use redis::Commands;
use session_resumption::ports::{Handshakes, Outage, StoreError};
use session_resumption::store::redis::StoreClock;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::{IN_TIME, becomes, mends, outage, store};
use crate::given::{ana, flow};
use crate::harness::{prefix, redis_store};
use crate::servers::Server;

#[tokio::test]
async fn a_server_that_is_gone_is_told_in_time_and_found_again() {
    let server = Server::start(&[]);
    let store = store(&server.url());
    store.join(&ana(), &flow()).await.unwrap();
    server.kill();
    for _ in 0..3 {
        let told = outage(&store).await;
        assert!(matches!(told, Outage::Unreachable | Outage::TimedOut), "{told:?}");
    }
    server.restart();
    mends(&store).await;
}

#[tokio::test]
async fn a_server_that_was_never_there_is_found_when_it_comes() {
    let server = Server::start(&[]);
    server.kill();
    let store = store(&server.url());
    becomes(&store, Outage::Unreachable).await;
    assert!(store.check().await.is_err());
    server.restart();
    mends(&store).await;
    assert_eq!(store.check().await, Ok(Ok(())));
}

#[tokio::test]
async fn a_server_that_takes_calls_and_says_nothing_is_told_in_time() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let store = store(&format!("redis://{}", silent.local_addr().unwrap()));
    for _ in 0..3 {
        let told = outage(&store).await;
        assert!(matches!(told, Outage::Unreachable | Outage::TimedOut), "{told:?}");
    }
}

#[tokio::test]
async fn a_host_that_has_no_address_is_told_in_time() {
    // Reserved: no resolver knows it.
    assert_eq!(outage(&store("redis://nowhere.invalid")).await, Outage::Unreachable);
}

/// Everyone is told in time, however many ask, and finds it again when it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_told_in_time() {
    let server = Server::start(&[]);
    let store = Arc::new(store(&server.url()));
    store.join(&ana(), &flow()).await.unwrap();
    server.stop();
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for n in 0..200 {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            sleep(Duration::from_millis(n * 10)).await;
            let told = outage(&store).await;
            assert!(matches!(told, Outage::Unreachable | Outage::TimedOut), "{told:?}");
        });
    }
    callers.join_all().await;
    assert!(began.elapsed() < Duration::from_secs(2) + IN_TIME);
    server.cont();
    mends(&store).await;
}

#[tokio::test]
async fn a_server_that_runs_another_script_for_ever_is_not_ready() {
    let server = Server::start(&["--busy-reply-threshold", "50"]);
    let store = store(&server.url());
    store.join(&ana(), &flow()).await.unwrap();
    let running = std::thread::spawn({
        let mut admin = server.admin();
        move || redis::cmd("EVAL").arg("while true do end").arg(0).exec(&mut admin)
    });
    becomes(&store, Outage::NotReady).await;
    redis::cmd("SCRIPT").arg("KILL").exec(&mut server.admin()).unwrap();
    assert!(running.join().unwrap().is_err());
    mends(&store).await;
}

#[tokio::test]
async fn a_server_with_too_many_clients_is_found_when_some_leave() {
    let server = Server::start(&["--maxclients", "3"]);
    let others = [(); 3].map(|()| server.admin());
    let store = store(&server.url());
    let told = outage(&store).await;
    assert!(matches!(told, Outage::NotReady | Outage::Unreachable), "{told:?}");
    drop(others);
    mends(&store).await;
}

#[tokio::test]
async fn a_full_server_is_full_until_there_is_room() {
    let server = Server::start(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]);
    let store = store(&server.url());
    assert_eq!(store.join(&ana(), &flow()).await.map(drop), Err(StoreError::Full));
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "0"]).exec(&mut server.admin()).unwrap();
    mends(&store).await;
}

#[tokio::test]
async fn a_primary_that_becomes_a_replica_takes_no_writes() {
    let [server, primary] = [(); 2].map(|()| Server::start(&[]));
    let store = store(&server.url());
    store.join(&ana(), &flow()).await.unwrap();
    let follow = |host: &str, port: &str| redis::cmd("REPLICAOF").arg(&[host, port]).exec(&mut server.admin()).unwrap();
    follow("127.0.0.1", &primary.port().to_string());
    becomes(&store, Outage::ReadOnly).await;
    follow("NO", "ONE");
    mends(&store).await;
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
        assert_eq!(outage(&store).await, Outage::Foreign, "{strange:?}");
    }
    let () = admin.del(&key).unwrap();
    let () = admin.lpush(&key, "x").unwrap();
    assert_eq!(outage(&store).await, Outage::Foreign);
    let () = admin.del(&key).unwrap();
    store.join(&ana(), &flow()).await.unwrap();
}
