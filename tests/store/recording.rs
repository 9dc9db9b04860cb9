//! Each resumption is given to one recorder, whoever confirmed it and whoever learns of it.

use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claim, Written};

use crate::given::{WRITE, ana, flow, pair, uuid};
use crate::harness::Harness;
use crate::steps::{claim, refused};

for_every_store!(
    nothing_is_given_before_it_is_confirmed,
    a_confirmation_is_given_whole,
    a_confirmation_is_given_to_one_recorder,
    of_many_who_ask_at_once_one_is_given_it,
    a_recorder_that_asks_again_is_given_the_same,
    whoever_finds_anothers_lost_write_can_record_it,
    whoever_is_superseded_by_what_it_finds_can_record_it,
    all_of_a_conversation_are_given_at_once_the_older_first,
    an_unknown_conversation_has_nothing_to_record,
);

async fn nothing_is_given_before_it_is_confirmed(h: &Harness) {
    let (id, chat) = (h.open(&ana(), &flow()).await, ana().conversation);
    assert_eq!(h.recorded(&chat, uuid()).await, []);
    let writing = h.claim_write(&ana(), id, 0).await;
    assert_eq!(h.recorded(&chat, uuid()).await, []);
    h.settle(&ana(), writing.lease, Written::Unknown).await;
    assert_eq!(h.recorded(&chat, uuid()).await, []);
    let writing = h.claim_write(&ana(), id, 0).await;
    h.settle(&ana(), writing.lease, Written::No).await;
    assert_eq!(h.recorded(&chat, uuid()).await, []);
}

async fn a_confirmation_is_given_whole(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let confirmation = h.confirm(&ana(), id).await;
    let [given] = h.store.record(&ana().conversation, uuid()).await.unwrap().try_into().unwrap();
    assert_eq!((given.claimant.participant, given.claimant.handshake), (ana().participant, id));
    assert_eq!(given.confirmation, confirmation);
    assert_eq!(given.confirmation.as_of, Some("2026-03-01T08:59:58Z".parse().unwrap()));
    // Neither the agent nor Genesys' time need be known; and a clock may go very wrong.
    for as_of in [None, Some("1965-01-01T00:00:00Z".parse().unwrap())] {
        let pair = pair("chat-2", &uuid().to_string());
        let id = h.open(&pair, &flow()).await;
        let claim = Claim { agent_id: None, as_of, ..claim(&pair, id, 0, h.now().await) };
        let writing = crate::steps::writing(h.store.claim(&pair.conversation, claim).await.unwrap());
        h.settle(&pair, writing.lease, Written::Yes).await;
        let [given] = h.store.record(&pair.conversation, uuid()).await.unwrap().try_into().unwrap();
        assert_eq!((given.confirmation.agent_id, given.confirmation.as_of), (None, as_of));
    }
}

async fn a_confirmation_is_given_to_one_recorder(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    h.confirm(&ana(), id).await;
    assert_eq!(h.recorded(&ana().conversation, uuid()).await, [("ana".to_owned(), id)]);
    assert_eq!(h.recorded(&ana().conversation, uuid()).await, []);
    assert!(matches!(h.claim(&ana(), id, 1).await, Confirming::Already(_)));
    assert_eq!(h.recorded(&ana().conversation, uuid()).await, []);
}

async fn of_many_who_ask_at_once_one_is_given_it(h: &Harness) {
    let (id, chat) = (h.open(&ana(), &flow()).await, ana().conversation);
    h.confirm(&ana(), id).await;
    let given = futures_util::future::join_all((0..20).map(|_| h.recorded(&chat, uuid()))).await;
    assert_eq!(given.concat(), [("ana".to_owned(), id)]);
}

async fn a_recorder_that_asks_again_is_given_the_same(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    h.confirm(&ana(), id).await;
    let recorder = uuid();
    for _ in 0..3 {
        assert_eq!(h.recorded(&ana().conversation, recorder).await, [("ana".to_owned(), id)]);
        assert_eq!(h.recorded(&ana().conversation, uuid()).await, []);
    }
}

async fn whoever_finds_anothers_lost_write_can_record_it(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let [one, two] = [h.open(&ana(), &flow()).await, h.open(&bob, &flow()).await];
    let first = h.claim_write(&ana(), one, 0).await;
    h.settle(&ana(), first.lease, Written::Unknown).await;
    h.advance(WRITE * 2).await;
    let second = h.claim_write(&bob, two, 1).await;
    assert_eq!(h.recorded(&bob.conversation, uuid()).await, [("ana".to_owned(), one)]);
    h.settle(&bob, second.lease, Written::Yes).await;
    assert_eq!(h.recorded(&bob.conversation, uuid()).await, [("bob".to_owned(), two)]);
}

async fn whoever_is_superseded_by_what_it_finds_can_record_it(h: &Harness) {
    let older = h.open(&ana(), &flow()).await;
    h.advance(crate::given::TTL * 2).await;
    let newer = h.open(&ana(), &flow()).await;
    h.claim_write(&ana(), newer, 0).await;
    h.advance(WRITE * 2).await;
    let claim = claim(&ana(), older, 1, h.now().await);
    assert_eq!(
        refused(h.store.claim(&ana().conversation, claim).await),
        session_resumption::domain::error::Reason::HandshakeSuperseded
    );
    assert_eq!(h.recorded(&ana().conversation, uuid()).await, [("ana".to_owned(), newer)]);
}

async fn all_of_a_conversation_are_given_at_once_the_older_first(h: &Harness) {
    let mut expected = Vec::new();
    for name in ["bob", "ana"] {
        let pair = pair("chat-1", name);
        for _ in 0..2 {
            let id = h.open(&pair, &flow()).await;
            h.confirm(&pair, id).await;
            expected.push((name.to_owned(), id));
            h.advance(crate::given::TTL * 2).await;
        }
    }
    // By customer.
    expected.rotate_left(2);
    assert_eq!(h.recorded(&ana().conversation, uuid()).await, expected);
}

async fn an_unknown_conversation_has_nothing_to_record(h: &Harness) {
    assert_eq!(h.recorded(&pair("never-seen", "ana").conversation, uuid()).await, []);
}
