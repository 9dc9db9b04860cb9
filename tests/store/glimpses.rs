//! A heartbeat's reading serves whoever leads soon after, and nobody else.

use session_resumption::domain::conversation::Glimpse;
use session_resumption::domain::ids::Pair;
use session_resumption::domain::pair::{Join, Joined};
use session_resumption::domain::snapshot::Reading;

use crate::given::{LEASE, ana, flow, pair, reading, resumable, seconds, tab};
use crate::harness::Harness;
use crate::steps::leading;

for_every_store!(
    a_fresh_reading_is_given_to_whoever_leads,
    it_comes_back_as_it_was_read,
    it_is_not_given_after_its_time,
    it_is_given_to_nobody_but_leaders,
    it_is_given_to_whoever_takes_over_too,
    a_newer_reading_replaces_it,
    it_serves_the_whole_conversation_and_no_other,
    a_heartbeat_opens_no_handshake,
);

async fn join(h: &Harness, pair: &Pair, join: &Join) -> (Joined, Option<Reading>) {
    h.store.join(pair, join).await.unwrap()
}

async fn remember_for(h: &Harness, reading: Reading, fresh_for: u64) {
    let glimpse = Glimpse { reading, fresh_for: seconds(fresh_for), tab: None };
    h.store.remember(&ana(), &glimpse).await.unwrap();
}

async fn a_fresh_reading_is_given_to_whoever_leads(h: &Harness) {
    h.remember(&ana(), "agent-7", None).await;
    let (joined, glimpse) = join(h, &ana(), &flow()).await;
    leading(&joined);
    assert_eq!(glimpse, Some(reading(&ana(), "agent-7")));
}

async fn it_comes_back_as_it_was_read(h: &Harness) {
    let mut sparse = reading(&ana(), "agent-7");
    sparse.date = None;
    if let Some(found) = &mut sparse.found {
        found.updated = None;
        found.queue_id = None;
        found.target_queue_id = None;
        found.transfer_reason = None;
        found.participants.clear();
        found.attributes.clear();
    }
    let nothing = Reading::live(None, sparse.date);
    for reading in [sparse, nothing, reading(&ana(), "agent-7")] {
        remember_for(h, reading.clone(), 600).await;
        let (joined, glimpse) = join(h, &ana(), &flow()).await;
        assert_eq!(glimpse, Some(reading));
        h.store.conclude(&ana(), leading(&joined).lease, None, resumable(), seconds(1)).await.unwrap();
        h.advance(seconds(3)).await;
    }
}

async fn it_is_not_given_after_its_time(h: &Harness) {
    h.remember(&ana(), "agent-7", None).await;
    h.advance(seconds(8)).await;
    let (joined, glimpse) = join(h, &ana(), &flow()).await;
    leading(&joined);
    assert_eq!(glimpse, None);
}

async fn it_is_given_to_nobody_but_leaders(h: &Harness) {
    remember_for(h, reading(&ana(), "agent-7"), 600).await;
    let lead = h.lead(&ana(), &flow()).await;
    let (joined, glimpse) = join(h, &ana(), &flow()).await;
    assert!(matches!(joined, Joined::Wait { .. }) && glimpse.is_none());
    h.conclude(&ana(), lead.lease, resumable()).await;
    let (joined, glimpse) = join(h, &ana(), &flow()).await;
    assert!(matches!(joined, Joined::Replay(_)) && glimpse.is_none());
}

async fn it_is_given_to_whoever_takes_over_too(h: &Harness) {
    h.lead(&ana(), &flow()).await;
    h.advance(LEASE * 2).await;
    h.remember(&ana(), "agent-7", None).await;
    let (joined, glimpse) = join(h, &ana(), &flow()).await;
    leading(&joined);
    assert_eq!(glimpse, Some(reading(&ana(), "agent-7")));
}

async fn a_newer_reading_replaces_it(h: &Harness) {
    h.remember(&ana(), "agent-7", None).await;
    h.remember(&ana(), "agent-8", None).await;
    assert_eq!(join(h, &ana(), &flow()).await.1, Some(reading(&ana(), "agent-8")));
}

async fn it_serves_the_whole_conversation_and_no_other(h: &Harness) {
    let [bob, elsewhere] = [pair("chat-1", "bob"), pair("chat-2", "ana")];
    h.remember(&ana(), "agent-7", None).await;
    assert_eq!(join(h, &bob, &flow()).await.1, Some(reading(&ana(), "agent-7")));
    assert_eq!(join(h, &elsewhere, &flow()).await.1, None);
}

async fn a_heartbeat_opens_no_handshake(h: &Harness) {
    h.remember(&ana(), "agent-7", Some(tab("one"))).await;
    let join = flow();
    assert_eq!(h.lead(&ana(), &join).await.id, join.new_id);
}
