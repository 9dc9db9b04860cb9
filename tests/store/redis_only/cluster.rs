//! A cluster shares the conversations among its nodes; each lies on one of them whole.

use std::sync::Arc;
use std::time::Duration;

use redis::Commands;
use session_resumption::domain::ids::Pair;
use session_resumption::ports::{Handshakes, Outage, StoreError};
use session_resumption::store::redis::{RedisStore, StoreClock, Unfit};
use tokio::time::{Instant, sleep};

use super::failover::GivenOut;
use super::{IN_TIME, SOON, becomes, mends, store};
use crate::given::{HOLD, TTL, ana, flow, message, pair, resumable, tab};
use crate::harness::{Ahead, Harness, RIGHTS, prefix, redis_store};
use crate::servers::{Cluster, Server};
use crate::steps::leading;

/// Where the keys under a prefix lie, and which they are.
fn lying<'a>(cluster: &'a Cluster, prefix: &str) -> (&'a Server, Vec<String>) {
    let keys = |server: &Server| server.admin().keys::<_, Vec<String>>(format!("{prefix}:*")).unwrap();
    let leading = cluster.servers().iter().filter(|server| server.leads());
    leading.map(|server| (server, keys(server))).find(|(_, keys)| !keys.is_empty()).expect("it lies somewhere")
}

#[tokio::test]
async fn servers_that_are_fit_are_told() {
    assert_eq!(store(&Cluster::shared().url()).check().await, Ok(Ok(())));
}

#[tokio::test]
async fn what_was_replicated_is_honoured_after_a_failover() {
    let cluster = Cluster::start(1);
    let (ahead, prefix) = (Ahead::default(), prefix());
    let store = redis_store(&cluster.url(), &prefix, StoreClock::Ahead(Arc::clone(&ahead.0)));
    let h = Harness::new(Arc::new(store.clone()), Arc::new(ahead));
    let given = GivenOut::by(&h).await;
    let (owner, _) = lying(&cluster, &prefix);
    owner.is_followed_by(&cluster.replicas_of(owner));
    cluster.failover(owner).await;
    mends(&store).await;
    given.is_honoured(&h).await;
}

#[tokio::test]
async fn nothing_is_sent_that_no_replica_of_the_node_knows_of() {
    let cluster = Cluster::start(1);
    let store = store(&cluster.url());
    let h = Harness::new(Arc::new(store.clone()), Arc::new(Ahead::default()));
    let id = h.confirmed(&ana()).await;
    let [one, two] = ["m-1", "m-2"].map(|name| message(&ana(), name, 1));
    let held = h.hold(&ana(), id, &[one.clone(), two.clone()]).await;
    h.announce(&ana(), held.lease, &one, None).await;
    let silent: Vec<&Server> = cluster.servers().iter().filter(|server| !server.leads()).collect();
    for replica in &silent {
        replica.stop();
    }
    let chat = ana().conversation;
    let announce = || store.announce(&chat, held.lease, two.clone(), None, HOLD);
    let began = Instant::now();
    assert_eq!(announce().await, Err(StoreError::Unavailable(Outage::NotReplicated)));
    // Genesys has it already, so it is told and recorded as well as can be; what writes nothing is not held up.
    store.written(&chat, held.lease, &one.key, "t-1".to_owned()).await.unwrap();
    h.join(&pair("chat-1", "eve"), &flow()).await;
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
    for replica in &silent {
        replica.cont();
    }
    let until = Instant::now() + SOON;
    while let Err(error) = announce().await {
        assert!(Instant::now() < until, "the replica is not found again: {error:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_user_needs_two_rights_more_on_a_cluster() {
    let cluster = Cluster::start(0);
    let checked = async |rights: &str| {
        for server in cluster.servers() {
            server.allow("ann", rights);
        }
        let url = cluster.url().replace(":only-a-test@", "ann:ann@");
        store(&url).check().await
    };
    assert_eq!(checked(&format!("{RIGHTS} +cluster|slots +asking")).await, Ok(Ok(())));
    let refused = checked(RIGHTS).await;
    assert!(matches!(refused, Ok(Err(Unfit::NotPermitted(_)))), "{refused:?}");
}

/// A slot on its way serves some keys here and some there; two keys that are not at one place serve nobody.
#[tokio::test]
async fn a_conversation_that_moves_to_another_node_is_found_there() {
    let (cluster, prefix) = (Cluster::start(0), prefix());
    let store = redis_store(&cluster.url(), &prefix, StoreClock::Server);
    let lead = leading(&store.join(&ana(), &flow()).await.unwrap().0);
    let (from, keys) = lying(&cluster, &prefix);
    let to = cluster.servers().iter().find(|server| server.port() != from.port()).unwrap();
    let answers_or_is_not_ready = async || {
        let told = store.join(&ana(), &flow()).await.map(drop);
        assert!(matches!(told, Ok(()) | Err(StoreError::Unavailable(Outage::NotReady))), "{told:?}");
    };

    let slot: u16 = redis::cmd("CLUSTER").arg("KEYSLOT").arg(&keys[0]).query(&mut from.admin()).unwrap();
    let id = |server: &Server| redis::cmd("CLUSTER").arg("MYID").query::<String>(&mut server.admin()).unwrap();
    let set = |server: &Server, words: &[&str]| {
        redis::cmd("CLUSTER").arg("SETSLOT").arg(slot).arg(words).exec(&mut server.admin()).unwrap();
    };
    set(to, &["IMPORTING", &id(from)]);
    set(from, &["MIGRATING", &id(to)]);
    answers_or_is_not_ready().await;
    let mut migrate = redis::cmd("MIGRATE");
    migrate.arg(&["127.0.0.1", &to.port().to_string(), "", "0", "5000", "AUTH", "only-a-test", "KEYS"]).arg(&keys);
    migrate.exec(&mut from.admin()).unwrap();
    answers_or_is_not_ready().await;
    for server in [to, from] {
        set(server, &["NODE", &id(to)]);
    }
    mends(&store).await;
    assert_eq!(lying(&cluster, &prefix).0.port(), to.port());
    let told = store.conclude(&ana(), lead.lease, None, resumable(), TTL).await.unwrap();
    assert_eq!(told.handshake, Some(lead.id));
}

/// A conversation on each node.
async fn spread(cluster: &Cluster, url: &str) -> Vec<(Pair, RedisStore, String)> {
    let mut found: Vec<(u16, (Pair, RedisStore, String))> = Vec::new();
    for n in 0..100 {
        let (pair, prefix) = (pair(&format!("chat-{n}"), "ana"), prefix());
        let store = redis_store(url, &prefix, StoreClock::Server);
        store.join(&pair, &flow()).await.unwrap();
        let port = lying(cluster, &prefix).0.port();
        if found.iter().all(|(known, _)| *known != port) {
            found.push((port, (pair, store, prefix)));
        }
        if found.len() == 3 {
            break;
        }
    }
    found.into_iter().map(|(_, one)| one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hangs_harms_only_what_lies_on_it() {
    let cluster = Cluster::start(0);
    for server in cluster.servers() {
        // Else the others stop serving, too.
        let set = ["SET", "cluster-require-full-coverage", "no"];
        redis::cmd("CONFIG").arg(&set).exec(&mut server.admin()).unwrap();
    }
    let spread = spread(&cluster, &cluster.url()).await;
    let (_, one, _) = &spread[0];
    let (hanging, _) = lying(&cluster, &spread[0].2);
    hanging.stop();
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        for (pair, _, _) in &spread[1..] {
            // Through the one store that also has to do with the node that hangs.
            let _ = one.take_over(pair, &tab("one")).await;
            one.join(pair, &flow()).await.unwrap();
        }
        let began = Instant::now();
        let told = one.join(&spread[0].0, &flow()).await;
        assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
        assert!(began.elapsed() < IN_TIME);
    }
    hanging.cont();
    let until = Instant::now() + SOON;
    while one.join(&spread[0].0, &flow()).await.is_err() {
        assert!(Instant::now() < until, "it does not come back");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_cluster_that_is_gone_is_found_again() {
    let cluster = Cluster::start(0);
    let (early, late) = (store(&cluster.url()), store(&cluster.url()));
    early.join(&ana(), &flow()).await.unwrap();
    for server in cluster.servers() {
        server.kill();
    }
    for store in [&early, &late] {
        becomes(store, Outage::Unreachable).await;
    }
    for server in cluster.servers() {
        server.restart();
    }
    for store in [&early, &late] {
        mends(store).await;
    }
}

#[tokio::test]
async fn a_node_that_is_named_and_gone_is_passed_over() {
    let cluster = Cluster::start(1);
    let first = cluster.servers().first().unwrap();
    cluster.failover(first).await;
    mends(&store(&cluster.url())).await;
}

#[tokio::test]
async fn a_node_is_no_single_server_and_a_single_server_no_node() {
    let port = Cluster::shared().servers()[0].port();
    let node = store(&format!("redis://:only-a-test@127.0.0.1:{port}"));
    assert_eq!(node.check().await, Ok(Err(Unfit::ClusterNode)));
    let single = store(&Server::shared().url().replace("redis://", "redis+cluster://"));
    assert_eq!(single.check().await, Ok(Err(Unfit::NotCluster)));
}
