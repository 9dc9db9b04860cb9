//! What lies in the server: nothing that can be read from outside, and nothing for ever.

use std::sync::Arc;

use redis::Commands;
use session_resumption::domain::conversation::Glimpse;
use session_resumption::ports::{Handshakes as _, Registry as _};
use session_resumption::store::redis::StoreClock;

use crate::given::{ana, hours, key, message, pair, reading, seconds, tab, uuid};
use crate::harness::{Ahead, Harness, prefix, redis_store};
use crate::servers::Server;

/// A conversation with everything in it, and its keys with their times to live.
async fn kept(prefix: &str) -> (Harness, Vec<(String, i64)>) {
    let server = Server::shared();
    let store = redis_store(&server.url(), prefix, StoreClock::Server);
    let h = Harness::new(Arc::new(store), Arc::new(Ahead::default()));
    let id = h.confirmed(&ana()).await;
    h.remember(&ana(), "agent-7", Some(tab("one"))).await;
    let held = h.hold(&ana(), id, &[message(&ana(), "m-1", 1)]).await;
    h.write(&ana(), held.lease, &message(&ana(), "m-1", 1), "t-1").await;
    let found = lying(prefix);
    (h, found)
}

fn lying(prefix: &str) -> Vec<(String, i64)> {
    let mut connection = Server::shared().admin();
    let mut keys: Vec<String> = connection.keys(format!("{prefix}:*")).unwrap();
    keys.sort_unstable();
    keys.into_iter().map(|key| (key.clone(), connection.ttl(&key).unwrap())).collect()
}

#[tokio::test]
async fn keys_expire_no_sooner_than_what_they_hold_and_tell_no_id() {
    let (_h, found) = kept(&prefix()).await;
    let [(state, state_ttl), (ledger, ledger_ttl)] = found.as_slice() else { panic!("{found:?}") };
    let least = i64::try_from(hours(24).as_secs()).unwrap();
    for ttl in [state_ttl, ledger_ttl] {
        assert!((least..least + 600).contains(ttl), "{ttl}");
    }
    let tag = |key: &str| key[key.find('{').unwrap()..=key.find('}').unwrap()].to_owned();
    assert_eq!(tag(state), tag(ledger), "a cluster would keep them apart");
    assert!(!state.contains("chat") && !state.contains("ana"), "{state}");
}

#[tokio::test]
async fn the_registry_keeps_for_a_while_and_tells_no_id_either() {
    let prefix = prefix();
    let store = redis_store(&Server::shared().url(), &prefix, StoreClock::Server);
    store.register(&key("web-1"), &ana(), hours(24)).await.unwrap();
    let registered = lying(&prefix);
    let line = uuid();
    store.begin_line(line, seconds(900)).await.unwrap();
    store.forget_line(line).await.unwrap();
    let [(key, ttl)] = registered.as_slice() else { panic!("{registered:?}") };
    let least = i64::try_from(hours(24).as_secs()).unwrap();
    assert!((least..least + 600).contains(ttl), "{ttl}");
    assert!(key.ends_with("}:k") && !key.contains("web"), "{key}");
    let both = lying(&prefix);
    let Some((key, ttl)) = both.iter().find(|(key, _)| key.ends_with("}:t")) else { panic!("{both:?}") };
    assert!((900..=960).contains(ttl), "{ttl}");
    assert!(!key.contains(&line.simple().to_string()) && !key.contains(&line.to_string()), "{key}");
}

#[tokio::test]
async fn what_nobody_can_come_back_to_is_gone_soon() {
    let prefix = prefix();
    let store = redis_store(&Server::shared().url(), &prefix, StoreClock::Server);
    let invented = pair("no-chat", "nobody");
    let glimpse = Glimpse { reading: reading(&invented, "agent"), fresh_for: seconds(5), tab: None };
    store.remember(&invented, &glimpse).await.unwrap();
    let found = lying(&prefix);
    assert!(matches!(found.as_slice(), [(_, 1..=70)]), "{found:?}");
}

#[tokio::test]
async fn a_question_leaves_nothing_behind() {
    let prefix = prefix();
    let store = redis_store(&Server::shared().url(), &prefix, StoreClock::Server);
    let h = Harness::new(Arc::new(store), Arc::new(Ahead::default()));
    assert!(h.store.take_over(&ana(), &tab("one")).await.is_err());
    assert_eq!(h.store.lookup(&key("web-1")).await, Ok(None));
    h.store.use_line(uuid(), 1).await.unwrap();
    h.store.refresh_line(uuid(), 1, seconds(900)).await.unwrap();
    h.store.forget_line(uuid()).await.unwrap();
    assert_eq!(lying(&prefix), []);
}
