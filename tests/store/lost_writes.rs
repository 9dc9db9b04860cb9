//! A write nobody knows the outcome of is judged by the metadata, once it was taken or never will be.

use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claimed, Written};

use crate::given::{WRITE, ana, flow, pair};
use crate::harness::Harness;
use crate::steps::{claim, is_busy};

for_every_store!(
    others_wait_until_the_write_cannot_be_under_way,
    others_must_read_the_metadata_after_that,
    a_write_that_landed_confirms_its_handshake,
    a_dead_writers_write_that_landed_confirms_its_handshake,
    a_count_that_landed_is_not_given_away_again,
    a_write_that_was_lost_confirms_nothing,
    a_later_count_in_the_metadata_means_it_landed,
    nobody_writes_more_while_an_unknown_write_could_undo_it,
    nobody_writes_more_while_an_earlier_try_of_a_write_could_undo_it,
    a_refused_retry_keeps_the_count_of_an_unknown_write,
    a_refused_retry_leaves_the_unknown_write_to_be_judged,
    a_refused_retry_after_a_dead_writer_keeps_its_count,
);

async fn others_wait_until_the_write_cannot_be_under_way(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let writing = h.claim_write(&ana(), one, 0).await;
    assert!(is_busy(&h.claim(&bob, two, 0).await));
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    assert!(is_busy(&h.claim(&bob, two, 0).await));
    h.advance(WRITE / 2).await;
    assert!(is_busy(&h.claim(&bob, two, 0).await));
}

async fn others_must_read_the_metadata_after_that(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let before = h.now().await;
    let writing = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    h.advance(WRITE / 2).await;
    let meanwhile = h.now().await;
    h.advance(WRITE * 2).await;
    for read_at in [before, meanwhile] {
        let claimed = h.store.claim(&bob.conversation, claim(&bob, two, 1, read_at)).await.unwrap();
        assert_eq!(claimed, Confirming::Claimed(Claimed::ReadAgain));
    }
    h.claim_write(&bob, two, 1).await;
}

async fn a_write_that_landed_confirms_its_handshake(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    h.advance(WRITE * 2).await;
    let second = h.claim_write(&bob, two, 1).await;
    assert_eq!(second.confirmation.count, 2);
    assert_eq!(h.confirmation(&ana(), one).await, Some(first.confirmation.clone()));
    assert_eq!(h.claim(&ana(), one, 1).await, Confirming::Already(first.confirmation));
}

async fn a_dead_writers_write_that_landed_confirms_its_handshake(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 3).await;
    h.advance(WRITE * 2).await;
    let second = h.claim_write(&bob, two, 4).await;
    assert_eq!((first.confirmation.count, second.confirmation.count), (4, 5));
    assert_eq!(h.confirmation(&ana(), one).await, Some(first.confirmation));
}

async fn a_count_that_landed_is_not_given_away_again(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    h.advance(WRITE * 2).await;
    let second = h.claim_write(&bob, two, 1).await;
    h.settle(&bob, second.lease, Written::No).await;
    // Metadata that somebody cleared.
    assert_eq!(h.claim_write(&bob, two, 0).await.confirmation.count, 2);
}

async fn a_write_that_was_lost_confirms_nothing(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    h.advance(WRITE * 2).await;
    let second = h.claim_write(&bob, two, 0).await;
    assert_eq!(second.confirmation.count, 1, "a count that was never written is nobody's");
    assert_eq!(h.confirmation(&ana(), one).await, None);
    h.settle(&bob, second.lease, Written::Yes).await;
    assert_eq!(h.claim_write(&ana(), one, 1).await.confirmation.count, 2);
}

async fn a_later_count_in_the_metadata_means_it_landed(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.advance(WRITE * 2).await;
    assert_eq!(h.claim_write(&bob, two, 9).await.confirmation.count, 10);
    assert_eq!(h.confirmation(&ana(), one).await, Some(first.confirmation));
}

async fn nobody_writes_more_while_an_unknown_write_could_undo_it(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    let second = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), second.lease, Written::Yes).await;
    assert_eq!(h.confirmation(&ana(), one).await, Some(first.confirmation));
    // The first write may be on its way yet, and would turn a 2 back into a 1.
    assert!(is_busy(&h.claim(&bob, two, 1).await));
    h.advance(WRITE * 2).await;
    assert_eq!(h.claim_write(&bob, two, 1).await.confirmation.count, 2);
}

// The first write may have been taken. That the second certainly was not (the budget was spent, say) changes nothing about it.

async fn a_refused_retry_keeps_the_count_of_an_unknown_write(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let first = h.claim_write(&ana(), id, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    let second = h.claim_write(&ana(), id, 0).await;
    h.settle(&ana(), second.lease, Written::No).await;
    // The first one had landed.
    let third = h.claim_write(&ana(), id, 1).await;
    assert_eq!(third.confirmation, first.confirmation, "one handshake counts once");
}

async fn a_refused_retry_leaves_the_unknown_write_to_be_judged(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    let second = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), second.lease, Written::No).await;
    h.advance(WRITE * 2).await;
    assert_eq!(h.claim_write(&bob, two, 1).await.confirmation.count, 2);
    assert_eq!(h.confirmation(&ana(), one).await, Some(first.confirmation), "its first write had landed");
}

async fn a_refused_retry_after_a_dead_writer_keeps_its_count(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let dead = h.claim_write(&ana(), id, 0).await;
    h.advance(WRITE * 2).await;
    let second = h.claim_write(&ana(), id, 0).await;
    h.settle(&ana(), second.lease, Written::No).await;
    let third = h.claim_write(&ana(), id, 1).await;
    assert_eq!(third.confirmation, dead.confirmation, "the dead writer's write had landed");
}

async fn nobody_writes_more_while_an_earlier_try_of_a_write_could_undo_it(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let writing = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), writing.lease, Written::YesInDoubt).await;
    assert_eq!(h.confirmation(&ana(), one).await, Some(writing.confirmation));
    assert!(is_busy(&h.claim(&bob, two, 1).await));
    h.advance(WRITE * 2).await;
    assert_eq!(h.claim_write(&bob, two, 1).await.confirmation.count, 2);
}
