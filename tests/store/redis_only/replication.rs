//! What is about to be written to Genesys, and what was, is on a replica where there is one.

use std::sync::Arc;
use std::time::Duration;

use session_resumption::domain::counter::Written;
use session_resumption::ports::{Outage, StoreError};
use session_resumption::store::redis::StoreClock;
use tokio::time::{Instant, sleep};

use super::SOON;
use crate::given::{HOLD, ana, flow, message, pair};
use crate::harness::{Ahead, Harness, prefix, redis_store};
use crate::servers::Server;
use crate::steps::{claim, writing};

/// Lets a test ask for a digest of all data.
const DEBUG: [&str; 2] = ["--enable-debug-command", "local"];

/// A primary, and a replica that is up to date.
pub(super) fn pair_of_servers() -> (Server, Server) {
    let primary = Server::start(&DEBUG);
    let replica = follow(&primary);
    (primary, replica)
}

fn follow(primary: &Server) -> Server {
    let port = primary.port().to_string();
    let replica = Server::start(&["--replicaof", "127.0.0.1", &port, DEBUG[0], DEBUG[1]]);
    primary.is_followed_by(&[&replica]);
    replica
}

async fn followed(primary: &Server, replicas: usize) {
    let until = Instant::now() + SOON;
    loop {
        let role: (String, u64, Vec<redis::Value>) = redis::cmd("ROLE").query(&mut primary.admin()).unwrap();
        if role.2.len() == replicas {
            return;
        }
        assert!(Instant::now() < until, "{role:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(super) fn harness(server: &Server) -> Harness {
    Harness::new(Arc::new(redis_store(&server.url(), &prefix(), StoreClock::Server)), Arc::new(Ahead::default()))
}

fn waits(server: &Server) -> u64 {
    let told: String = redis::cmd("INFO").arg("commandstats").query(&mut server.admin()).unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("cmdstat_wait:calls="));
    line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
}

const NOT_REPLICATED: StoreError = StoreError::Unavailable(Outage::NotReplicated);

#[tokio::test]
async fn steps_about_writes_wait_for_a_replica_and_no_others_do() {
    let (primary, replica) = pair_of_servers();
    let h = harness(&primary);
    let id = h.open(&ana(), &flow()).await;
    assert_eq!(waits(&primary), 0);
    // What was claimed, settled, announced and recorded lies on the replica when the step returns.
    let digest = |server: &Server| {
        // All data, in whatever order a server keeps it.
        redis::cmd("DEBUG").arg("DIGEST").query::<String>(&mut server.admin()).unwrap()
    };
    let writing = h.claim_write(&ana(), id, 0).await;
    assert_eq!((waits(&primary), digest(&replica)), (1, digest(&primary)));
    h.settle(&ana(), writing.lease, Written::Yes).await;
    assert_eq!((waits(&primary), digest(&replica)), (2, digest(&primary)));
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    assert_eq!(waits(&primary), 2);
    h.announce(&ana(), held.lease, &item, None).await;
    assert_eq!((waits(&primary), digest(&replica)), (3, digest(&primary)));
    h.store.written(&ana().conversation, held.lease, &item.key, "t-1".to_owned()).await.unwrap();
    assert_eq!((waits(&primary), digest(&replica)), (4, digest(&primary)));
    h.end(&ana(), held.lease).await;
    assert_eq!(waits(&primary), 4);
}

#[tokio::test]
async fn while_a_replica_lags_nothing_may_be_written_and_what_was_is_recorded() {
    let (primary, replica) = pair_of_servers();
    let h = harness(&primary);
    let id = h.confirmed(&ana()).await;
    let [one, two] = [message(&ana(), "m-1", 1), message(&ana(), "m-2", 2)];
    let held = h.hold(&ana(), id, &[one.clone(), two.clone()]).await;
    h.announce(&ana(), held.lease, &one, None).await;
    let claimant = pair("chat-2", "bob");
    let claimed = h.open(&claimant, &flow()).await;

    replica.stop();
    let chat = ana().conversation;
    let announce = || h.store.announce(&chat, held.lease, two.clone(), None, HOLD);
    assert_eq!(announce().await, Err(NOT_REPLICATED));
    // Whoever comes later is not held up by what is known.
    let began = Instant::now();
    for _ in 0..50 {
        assert_eq!(announce().await, Err(NOT_REPLICATED));
        let now = h.now().await;
        let refused = h.store.claim(&claimant.conversation, claim(&claimant, claimed, 0, now)).await;
        assert_eq!(refused.err(), Some(NOT_REPLICATED));
        h.store.written(&ana().conversation, held.lease, &one.key, "t-1".to_owned()).await.unwrap();
        h.open(&pair("chat-3", &format!("guest-{}", began.elapsed().as_nanos())), &flow()).await;
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    replica.cont();
    let until = Instant::now() + SOON;
    while let Err(error) = announce().await {
        assert_eq!(error, NOT_REPLICATED);
        assert!(Instant::now() < until, "it does not notice that the replica is back");
        sleep(Duration::from_millis(50)).await;
    }
    h.confirm(&claimant, claimed).await;
}

#[tokio::test]
async fn a_claim_that_no_replica_has_passes_on_with_its_lease() {
    let (primary, replica) = pair_of_servers();
    let ahead = Ahead::default();
    let clock = StoreClock::Ahead(Arc::clone(&ahead.0));
    let h = Harness::new(Arc::new(redis_store(&primary.url(), &prefix(), clock)), Arc::new(ahead));
    let id = h.open(&ana(), &flow()).await;
    let now = h.now().await;
    replica.stop();
    let refused = h.store.claim(&ana().conversation, claim(&ana(), id, 0, now)).await;
    assert_eq!(refused.err(), Some(NOT_REPLICATED));
    replica.kill();
    followed(&primary, 0).await;
    h.advance(Duration::from_mins(2)).await;
    let until = Instant::now() + SOON;
    loop {
        let now = h.now().await;
        match h.store.claim(&ana().conversation, claim(&ana(), id, 0, now)).await {
            Ok(told) => break assert_eq!(writing(told).confirmation.count, 1),
            Err(error) => assert_eq!(error, NOT_REPLICATED),
        }
        assert!(Instant::now() < until, "it does not notice that the replica is gone");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_replica_that_goes_is_not_waited_for_and_one_that_comes_is() {
    let (primary, replica) = pair_of_servers();
    let h = harness(&primary);
    h.confirmed(&ana()).await;
    let before = waits(&primary);
    assert!(before > 0);
    replica.kill();
    followed(&primary, 0).await;
    h.confirmed(&pair("chat-2", "bob")).await;
    let none = waits(&primary);
    assert!(none <= before + 1, "it waits for nobody: {before}, then {none}");
    let _another = follow(&primary);
    let until = Instant::now() + SOON;
    let mut n = 0;
    while waits(&primary) == none {
        assert!(Instant::now() < until, "it does not notice that there is a replica");
        n += 1;
        h.confirmed(&pair(&format!("another-{n}"), "eve")).await;
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_primary_that_is_replaced_while_it_waits_is_not_believed() {
    let (primary, replica) = pair_of_servers();
    let h = harness(&primary);
    let id = h.confirmed(&ana()).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    replica.stop();
    let port = replica.port().to_string();
    let announcing = async { h.store.announce(&ana().conversation, held.lease, item.clone(), None, HOLD).await };
    let demoting = async {
        sleep(Duration::from_millis(50)).await;
        let mut admin = primary.admin();
        redis::cmd("REPLICAOF").arg(&["127.0.0.1", &port]).exec(&mut admin).unwrap();
    };
    let (told, ()) = tokio::join!(announcing, demoting);
    assert!(matches!(told, Err(StoreError::Unavailable(Outage::NotReplicated | Outage::ReadOnly))), "{told:?}");
}
