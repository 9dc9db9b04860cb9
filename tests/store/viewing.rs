//! A handshake looked at by its id: by its own pair, while it counts, and otherwise as if it had never been.

use session_resumption::domain::decision;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::{HandshakeId, Pair};

use crate::given::{TTL, ana, flow, hours, injection, message, pair, resumable, seconds, start_over, uuid};
use crate::harness::Harness;
use crate::steps::{claim, refusal, refused};

for_every_store!(
    a_pair_sees_its_own,
    it_is_seen_long_after_it_is_replayed,
    earlier_ones_stay_until_a_newer_one_is_confirmed,
    nobody_sees_what_is_not_theirs,
    nobody_sees_what_has_no_answer_yet,
    a_confirmed_one_stays_however_many_follow,
    strangers_do_not_push_a_customer_out,
    after_a_day_it_is_gone,
    a_confirmed_one_is_gone_after_a_day_too,
);

async fn sees(h: &Harness, pair: &Pair, id: HandshakeId) {
    let view = h.store.view(pair, id, None).await.unwrap();
    assert_eq!((view.handshake, view.answer), (Some(id), resumable()));
}

async fn a_pair_sees_its_own(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    sees(h, &ana(), id).await;
    sees(h, &ana(), id).await;
}

async fn it_is_seen_long_after_it_is_replayed(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    h.advance(hours(12)).await;
    sees(h, &ana(), id).await;
    h.confirm(&ana(), id).await;
    sees(h, &ana(), id).await;
}

async fn earlier_ones_stay_until_a_newer_one_is_confirmed(h: &Harness) {
    let first = h.open(&ana(), &flow()).await;
    h.advance(TTL * 2).await;
    let second = h.open(&ana(), &flow()).await;
    h.advance(TTL * 2).await;
    let third = h.open(&ana(), &flow()).await;
    for id in [first, second, third] {
        sees(h, &ana(), id).await;
    }
    h.confirm(&ana(), second).await;
    assert_eq!(refused(h.store.view(&ana(), first, None).await), Reason::HandshakeSuperseded);
    for id in [second, third] {
        sees(h, &ana(), id).await;
    }
}

async fn nobody_sees_what_is_not_theirs(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let [bob, elsewhere] = [pair("chat-1", "bob"), pair("chat-2", "ana")];
    let never = refusal(h.store.view(&ana(), HandshakeId(uuid()), None).await);
    assert_eq!(never.reason, Reason::HandshakeNotFound);
    // Before they have a session of their own and after, and to the last word: answers do not tell what exists.
    for known in [false, true] {
        for stranger in [&bob, &elsewhere] {
            if known {
                h.open(stranger, &flow()).await;
            }
            assert_eq!(refusal(h.store.view(stranger, id, None).await), never);
            assert_eq!(refusal(h.store.confirmation(stranger, id).await), never);
            let claim = claim(stranger, id, 0, h.now().await);
            assert_eq!(refusal(h.store.claim(&stranger.conversation, claim).await), never);
            let injection = injection(stranger, id, &[message(stranger, "m-1", 1)]);
            assert_eq!(refusal(h.store.begin_injection(&stranger.conversation, &injection).await), never);
        }
    }
}

async fn nobody_sees_what_has_no_answer_yet(h: &Harness) {
    let not_found = Reason::HandshakeNotFound;
    let lead = h.lead(&ana(), &flow()).await;
    assert_eq!(refused(h.store.view(&ana(), lead.id, None).await), not_found);
    h.store.fail(&ana(), lead.lease, Error::new(Reason::UpstreamTimeout, "late"), seconds(1)).await.unwrap();
    assert_eq!(refused(h.store.view(&ana(), lead.id, None).await), not_found);
    let lead = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), lead.lease, start_over(decision::Reason::Ended)).await;
    assert_eq!(refused(h.store.view(&ana(), lead.id, None).await), not_found);
}

async fn a_confirmed_one_stays_however_many_follow(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    h.advance(TTL * 2).await;
    for _ in 0..150 {
        let lead = h.lead(&ana(), &flow()).await;
        h.store.conclude(&ana(), lead.lease, None, resumable(), seconds(1)).await.unwrap();
        h.advance(seconds(2)).await;
    }
    sees(h, &ana(), id).await;
    assert_eq!(h.confirmation(&ana(), id).await.unwrap().count, 1);
}

async fn strangers_do_not_push_a_customer_out(h: &Harness) {
    let bob = pair("chat-1", "bob");
    let id = h.confirmed(&ana()).await;
    let lead = h.lead(&bob, &flow()).await;
    for n in 0..100 {
        let stranger = pair("chat-1", &format!("stranger-{n}"));
        let lead = h.lead(&stranger, &flow()).await;
        h.conclude(&stranger, lead.lease, start_over(decision::Reason::SessionNotFound)).await;
    }
    sees(h, &ana(), id).await;
    let told = h.conclude(&bob, lead.lease, resumable()).await;
    assert_eq!(told.handshake, Some(lead.id));
}

async fn after_a_day_it_is_gone(h: &Harness) {
    let id = h.open(&ana(), &flow()).await;
    let never = refusal(h.store.view(&ana(), HandshakeId(uuid()), None).await);
    h.advance(hours(25)).await;
    assert_eq!(refusal(h.store.view(&ana(), id, None).await), never);
    let claim = claim(&ana(), id, 0, h.now().await);
    assert_eq!(refusal(h.store.claim(&ana().conversation, claim).await), never);
}

async fn a_confirmed_one_is_gone_after_a_day_too(h: &Harness) {
    let id = h.confirmed(&ana()).await;
    h.advance(hours(25)).await;
    assert_eq!(refused(h.store.confirmation(&ana(), id).await), Reason::HandshakeNotFound);
    let injection = injection(&ana(), id, &[message(&ana(), "m-1", 1)]);
    let begun = h.store.begin_injection(&ana().conversation, &injection).await;
    assert_eq!(refused(begun), Reason::HandshakeNotFound);
}
