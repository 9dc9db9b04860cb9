//! The sentinels say who the primary is, now and after each failover.

use std::sync::Arc;

use session_resumption::ports::{Handshakes, Outage};
use session_resumption::store::redis::{StoreClock, Unfit};

use super::failover::GivenOut;
use super::{becomes, mends, outage, store};
use crate::given::{TTL, ana, flow, resumable};
use crate::harness::{Ahead, Harness, prefix, redis_store};
use crate::servers::{Sentinels, Server};
use crate::steps::{is_fenced, leading};

#[tokio::test]
async fn servers_that_are_fit_are_told() {
    assert_eq!(store(&Sentinels::shared().url()).check().await, Ok(Ok(())));
}

#[tokio::test]
async fn what_was_replicated_is_honoured_after_a_failover() {
    let servers = Sentinels::start(1);
    let ahead = Ahead::default();
    let store = redis_store(&servers.url(), &prefix(), StoreClock::Ahead(Arc::clone(&ahead.0)));
    let h = Harness::new(Arc::new(store.clone()), Arc::new(ahead));
    let given = GivenOut::by(&h).await;
    servers.primary().is_followed_by(&servers.replicas());
    servers.failover().await;
    mends(&store).await;
    given.is_honoured(&h).await;
}

#[tokio::test]
async fn what_was_lost_in_a_failover_is_not_mistaken_for_what_comes_after() {
    let servers = Sentinels::start(1);
    let store = store(&servers.url());
    let replica = servers.replicas()[0];
    servers.primary().is_followed_by(&[replica]);
    // It hears no more, also not of what lies on its way.
    replica.stop();
    redis::cmd("CLIENT").arg(&["KILL", "TYPE", "replica"]).exec(&mut servers.primary().admin()).unwrap();
    let lost = leading(&store.join(&ana(), &flow()).await.unwrap().0);
    servers.primary().kill();
    replica.cont();
    becomes_primary(&servers, replica).await;
    mends(&store).await;
    assert!(is_fenced(&store.conclude(&ana(), lost.lease, None, resumable(), TTL).await));
    let view = store.view(&ana(), lost.id, None).await;
    assert!(view.is_err(), "{view:?}");
}

async fn becomes_primary(servers: &Sentinels, replica: &Server) {
    let gone = servers.servers().iter().find(|server| server.port() != replica.port()).unwrap();
    assert_eq!(servers.replaced(gone).await.port(), replica.port());
}

#[tokio::test]
async fn a_primary_that_hangs_is_left_for_its_successor() {
    let servers = Sentinels::start(1);
    let store = store(&servers.url());
    store.join(&ana(), &flow()).await.unwrap();
    let hanging = servers.primary();
    hanging.stop();
    servers.replaced(hanging).await;
    mends(&store).await;
    hanging.cont();
    // It takes writes until the sentinels tell it better; nobody may be sent to it.
    assert_eq!(store.check().await, Ok(Ok(())));
    mends(&store).await;
}

#[tokio::test]
async fn a_planned_failover_is_followed() {
    let servers = Sentinels::start(1);
    let store = store(&servers.url());
    store.join(&ana(), &flow()).await.unwrap();
    let before = servers.primary();
    redis::cmd("SENTINEL").arg(&["FAILOVER", "main"]).exec(&mut servers.sentinels()[0].admin()).unwrap();
    servers.replaced(before).await;
    mends(&store).await;
    assert_eq!(store.check().await, Ok(Ok(())));
}

#[tokio::test]
async fn sentinels_that_are_gone_are_passed_over() {
    let servers = Sentinels::start(1);
    let early = store(&servers.url());
    early.join(&ana(), &flow()).await.unwrap();
    let [first, second, third] = servers.sentinels() else { panic!("three sentinels") };
    first.kill();
    second.stop();
    let late = store(&servers.url());
    mends(&late).await;

    third.kill();
    second.cont();
    second.kill();
    early.join(&ana(), &flow()).await.expect("who knows the primary needs no sentinel");
    let later = store(&servers.url());
    becomes(&later, Outage::Unreachable).await;
    second.restart();
    mends(&later).await;
}

#[tokio::test]
async fn a_name_that_no_sentinel_knows_is_refused() {
    let store = store(&Sentinels::shared().url().replace("/main", "/mine"));
    assert_eq!(store.check().await, Ok(Err(Unfit::UnknownPrimary("mine".to_owned()))));
    assert!(matches!(outage(&store).await, Outage::NotReady | Outage::Unreachable));
}

#[tokio::test]
async fn a_sentinel_is_no_server_and_a_server_no_sentinel() {
    let port = Sentinels::shared().sentinels()[0].port();
    assert_eq!(store(&format!("redis://127.0.0.1:{port}")).check().await, Ok(Err(Unfit::Sentinel)));
    let port = Server::shared().port();
    let single = format!("redis+sentinel://:only-a-test@127.0.0.1:{port}/main?sentinel_password=only-a-test");
    assert_eq!(store(&single).check().await, Ok(Err(Unfit::NotSentinel)));
}
