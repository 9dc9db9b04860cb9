//! The memory store is bounded: it refuses newcomers, never those it knows, and forgets what cannot matter any more.

use std::fmt::Debug;
use std::time::Duration;

use session_resumption::domain::conversation::Glimpse;
use session_resumption::domain::decision;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::ledger::Begun;
use session_resumption::ports::StoreError;

use super::store_of;
use crate::given::{LEASE, TTL, ana, flow, hours, message, pair, reading, seconds, start_over, tab, uuid};
use crate::harness::Harness;
use crate::steps::{active, is_fenced, refused, suspended};

fn is_full<T: Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Full)), "{result:?}");
}

async fn newcomers_are_refused(h: &Harness) {
    let newcomer = pair("newcomer", "eve");
    is_full(&h.store.join(&newcomer, &flow()).await);
    let glimpse = Glimpse { reading: reading(&newcomer, "agent-7"), fresh_for: seconds(5), tab: None };
    is_full(&h.store.remember(&newcomer, &glimpse).await);
}

/// Whether there is room for one more after this long. A sweep needs somebody to come by, and so has its chance.
async fn there_is_room_after(h: &Harness, wait: Duration) {
    h.advance(wait).await;
    h.lead(&pair("newcomer", "eve"), &flow()).await;
}

#[tokio::test]
async fn a_full_store_refuses_newcomers() {
    let h = store_of(2);
    h.lead(&ana(), &flow()).await;
    h.lead(&pair("chat-2", "ana"), &flow()).await;
    newcomers_are_refused(&h).await;
}

#[tokio::test]
async fn known_conversations_go_on_in_a_full_store() {
    let h = store_of(1);
    let id = h.confirmed(&ana()).await;
    newcomers_are_refused(&h).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    h.write(&ana(), held.lease, &item, "t-1").await;
    h.end(&ana(), held.lease).await;
    h.remember(&ana(), "agent-7", None).await;
    h.advance(TTL * 2).await;
    let next = h.open(&ana(), &flow()).await;
    assert_eq!(h.confirm(&ana(), next).await.count, 2);
    // Another customer of it is no newcomer.
    h.confirmed(&pair("chat-1", "bob")).await;
    newcomers_are_refused(&h).await;
}

#[tokio::test]
async fn asking_about_strangers_takes_no_room() {
    let h = store_of(1);
    for n in 0..10 {
        let stranger = pair(&format!("stranger-{n}"), "eve");
        let id = HandshakeId(uuid());
        refused(h.store.view(&stranger, id, None).await);
        refused(h.store.confirmation(&stranger, id).await);
        refused(h.store.take_over(&stranger, &tab("one")).await);
        drop(h.store.changed(&stranger.conversation));
    }
    h.lead(&ana(), &flow()).await;
}

#[tokio::test]
async fn a_resumable_session_is_kept_for_a_day() {
    let h = store_of(1);
    let id = h.confirmed(&ana()).await;
    let item = message(&ana(), "m-1", 1);
    let held = h.hold(&ana(), id, std::slice::from_ref(&item)).await;
    h.write(&ana(), held.lease, &item, "t-1").await;
    h.end(&ana(), held.lease).await;
    h.advance(hours(23)).await;
    newcomers_are_refused(&h).await;
    let begun = h.begin(&ana(), id, &[item]).await;
    assert_eq!(begun, Begun::AllWritten(vec!["t-1".to_owned()]), "a sweep forgets nothing that counts");
    there_is_room_after(&h, hours(2)).await;
}

#[tokio::test]
async fn a_session_that_was_not_found_is_kept_for_less_than_a_minute() {
    let h = store_of(1);
    let lead = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), lead.lease, start_over(decision::Reason::SessionNotFound)).await;
    newcomers_are_refused(&h).await;
    there_is_room_after(&h, seconds(60)).await;
}

#[tokio::test]
async fn a_new_start_is_kept_while_it_is_replayed() {
    let h = store_of(1);
    let lead = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), lead.lease, start_over(decision::Reason::Ended)).await;
    h.advance(TTL / 2).await;
    newcomers_are_refused(&h).await;
    there_is_room_after(&h, TTL).await;
}

#[tokio::test]
async fn a_session_without_an_answer_is_kept_for_a_while() {
    let h = store_of(1);
    let lead = h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    newcomers_are_refused(&h).await;
    there_is_room_after(&h, hours(2)).await;
    // Whoever led it all that time is told.
    let late = h.store.conclude(&ana(), lead.lease, None, start_over(decision::Reason::Ended), TTL).await;
    assert!(is_fenced(&late), "{late:?}");
}

#[tokio::test]
async fn a_session_that_failed_is_kept_for_a_while() {
    let h = store_of(1);
    let lead = h.lead(&ana(), &flow()).await;
    let error = Error::new(Reason::UpstreamTimeout, "no answer in time");
    h.store.fail(&ana(), lead.lease, error, seconds(1)).await.unwrap();
    h.advance(seconds(60)).await;
    newcomers_are_refused(&h).await;
    there_is_room_after(&h, hours(2)).await;
}

#[tokio::test]
async fn a_heartbeat_is_kept_for_a_while() {
    let h = store_of(1);
    h.remember(&ana(), "agent-7", None).await;
    h.advance(seconds(20)).await;
    h.remember(&ana(), "agent-7", None).await;
    newcomers_are_refused(&h).await;
    there_is_room_after(&h, hours(2)).await;
}

#[tokio::test]
async fn a_seat_alone_is_not_kept_for_ever() {
    let h = store_of(1);
    h.remember(&ana(), "agent-7", Some(tab("one"))).await;
    there_is_room_after(&h, hours(48)).await;
}

#[tokio::test]
async fn a_sweep_leaves_the_seat_of_a_fresh_heartbeat() {
    let h = store_of(10);
    h.remember(&ana(), "agent-7", None).await;
    h.advance(seconds(20)).await;
    assert!(active(h.remember(&ana(), "agent-7", Some(tab("one"))).await));
    // Somebody else comes by at the same instant.
    h.lead(&pair("passer-by", "eve"), &flow()).await;
    assert!(suspended(h.remember(&ana(), "agent-7", Some(tab("two"))).await));
}
