//! A confirmation is counted once: reserved with its time, written by one at a time, settled.

use jiff::Timestamp;
use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::Written;
use session_resumption::domain::error::Reason;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Lease;

use crate::given::{WRITE, ana, flow, pair, uuid};
use crate::harness::Harness;
use crate::steps::{claim, is_busy, is_fenced, refused, writing};

for_every_store!(
    the_first_claim_is_one_more_than_the_metadata,
    nothing_is_confirmed_before_its_write_is,
    a_confirmed_handshake_is_told_and_not_counted_again,
    a_write_that_was_not_taken_gives_its_count_back,
    one_write_is_in_flight_at_a_time,
    an_unknown_outcome_lets_the_same_handshake_write_the_same_again,
    a_dead_writers_handshake_writes_the_same_again,
    an_overdue_outcome_counts_if_nobody_took_over,
    a_lease_ends_with_its_outcome,
    a_lease_nobody_was_given_settles_nothing,
    the_count_never_falls_behind_what_was_written,
    the_count_follows_metadata_that_is_ahead,
    the_count_stops_where_the_api_ends,
    an_agent_need_not_be_known,
);

async fn the_first_claim_is_one_more_than_the_metadata(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let before = h.now().await;
    let claim = claim(&ana(), id, 4, before);
    let owner = claim.owner;
    let writing = writing(h.store.claim(&ana().conversation, claim).await.unwrap());
    let confirmation = writing.confirmation;
    assert_eq!(confirmation.count, 5);
    assert_eq!(confirmation.agent_id.as_deref(), Some("agent-7"));
    // As fine as the metadata, so that what is answered and what is written are the same instant.
    let time = confirmation.time.as_millisecond();
    assert_eq!(Timestamp::from_millisecond(time).unwrap(), confirmation.time);
    assert!(before.as_millisecond() <= time && confirmation.time <= h.now().await);
    assert_eq!(writing.lease.owner, owner);
}

async fn nothing_is_confirmed_before_its_write_is(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    assert_eq!(h.confirmation(&ana(), id).await, None);
    let writing = h.claim_write(&ana(), id, 0).await;
    assert_eq!(h.confirmation(&ana(), id).await, None);
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    assert_eq!(h.confirmation(&ana(), id).await, None);
}

async fn a_confirmed_handshake_is_told_and_not_counted_again(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let confirmation = h.confirm(&ana(), id).await;
    assert_eq!(h.confirmation(&ana(), id).await, Some(confirmation.clone()));
    for metadata in [0, 1, 7] {
        assert_eq!(h.claim(&ana(), id, metadata).await, Confirming::Already(confirmation.clone()));
    }
    h.advance(WRITE * 2).await;
    assert_eq!(h.claim(&ana(), id, 1).await, Confirming::Already(confirmation));
}

async fn a_write_that_was_not_taken_gives_its_count_back(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    for (pair, id) in [(ana(), one), (ana(), one), (bob, two)] {
        let writing = h.claim_write(&pair, id, 0).await;
        assert_eq!(writing.confirmation.count, 1);
        h.settle(&pair, writing.lease, Written::No).await;
        assert_eq!(h.confirmation(&pair, id).await, None);
    }
}

async fn one_write_is_in_flight_at_a_time(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let writing = h.claim_write(&ana(), one, 0).await;
    assert!(is_busy(&h.claim(&ana(), one, 0).await));
    assert!(is_busy(&h.claim(&bob, two, 0).await));
    h.settle(&ana(), writing.lease, Written::Yes).await;
    assert_eq!(h.claim_write(&bob, two, 1).await.confirmation.count, 2);
}

async fn an_unknown_outcome_lets_the_same_handshake_write_the_same_again(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    assert!(is_busy(&h.claim(&bob, two, 0).await), "the first write may still be under way");
    // Whether or not the metadata shows it by now.
    for metadata in [0, 1] {
        let again = h.claim_write(&ana(), one, metadata).await;
        assert_eq!(again.confirmation, first.confirmation);
        assert_ne!(again.lease, first.lease);
        h.settle(&ana(), again.lease, Written::Unknown).await;
    }
    let last = h.claim_write(&ana(), one, 1).await;
    h.settle(&ana(), last.lease, Written::Yes).await;
    assert_eq!(h.confirmation(&ana(), one).await, Some(first.confirmation));
}

async fn a_dead_writers_handshake_writes_the_same_again(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let dead = h.claim_write(&ana(), id, 0).await;
    h.advance(WRITE * 2).await;
    let next = h.claim_write(&ana(), id, 0).await;
    assert_eq!(next.confirmation, dead.confirmation);
    assert!(next.lease.fence > dead.lease.fence);
    for written in [Written::Yes, Written::No, Written::Unknown] {
        assert!(is_fenced(&h.store.settle(&ana().conversation, dead.lease, written).await));
    }
    assert_eq!(h.confirmation(&ana(), id).await, None);
    h.settle(&ana(), next.lease, Written::Yes).await;
    assert_eq!(h.confirmation(&ana(), id).await, Some(dead.confirmation));
}

async fn an_overdue_outcome_counts_if_nobody_took_over(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let writing = h.claim_write(&ana(), id, 0).await;
    h.advance(WRITE * 2).await;
    h.settle(&ana(), writing.lease, Written::Yes).await;
    assert_eq!(h.confirmation(&ana(), id).await, Some(writing.confirmation));
}

async fn a_lease_ends_with_its_outcome(h: &Harness) {
    for (conversation, outcome) in [("taken", Written::Yes), ("not-taken", Written::No)] {
        let pair = pair(conversation, "ana");
        let id = h.open(&pair, &flow()).await;
        let writing = h.claim_write(&pair, id, 0).await;
        h.settle(&pair, writing.lease, outcome).await;
        for written in [Written::Yes, Written::No, Written::Unknown] {
            let settled = h.store.settle(&pair.conversation, writing.lease, written).await;
            assert!(is_fenced(&settled), "{outcome:?}, then {written:?}");
        }
    }
}

async fn a_lease_nobody_was_given_settles_nothing(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let writing = h.claim_write(&ana(), id, 0).await;
    let forged = Lease { owner: uuid(), ..writing.lease };
    assert!(is_fenced(&h.store.settle(&ana().conversation, forged, Written::Yes).await));
    let elsewhere = pair("chat-2", "ana").conversation;
    assert!(is_fenced(&h.store.settle(&elsewhere, writing.lease, Written::Yes).await));
    assert_eq!(h.confirmation(&ana(), id).await, None);
    let stranger = claim(&ana(), HandshakeId(uuid()), 0, h.now().await);
    assert_eq!(refused(h.store.claim(&ana().conversation, stranger).await), Reason::HandshakeNotFound);
    h.settle(&ana(), writing.lease, Written::Yes).await;
}

async fn the_count_never_falls_behind_what_was_written(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let writing = h.claim_write(&ana(), one, 5).await;
    h.settle(&ana(), writing.lease, Written::Yes).await;
    // A reading from before that write, or metadata that somebody cleared.
    assert_eq!(h.claim_write(&bob, two, 0).await.confirmation.count, 7);
}

async fn the_count_follows_metadata_that_is_ahead(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    h.confirm(&ana(), one).await;
    assert_eq!(h.claim_write(&bob, two, 41).await.confirmation.count, 42);
}

async fn the_count_stops_where_the_api_ends(h: &Harness) {
    for (conversation, metadata) in [("last", i32::MAX.unsigned_abs()), ("beyond", u32::MAX)] {
        let pair = pair(conversation, "ana");
        let id = h.open(&pair, &flow()).await;
        let writing = h.claim_write(&pair, id, metadata).await;
        assert_eq!(writing.confirmation.count, i32::MAX.unsigned_abs());
    }
}

async fn an_agent_need_not_be_known(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let mut claim = claim(&ana(), id, 0, h.now().await);
    claim.agent_id = None;
    let writing = writing(h.store.claim(&ana().conversation, claim).await.unwrap());
    h.settle(&ana(), writing.lease, Written::Yes).await;
    assert_eq!(h.confirmation(&ana(), id).await.unwrap().agent_id, None);
}
