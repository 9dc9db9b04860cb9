//! A conclusive answer is told again for a while, and exactly as it was.

use session_resumption::domain::answer::Answer;
use session_resumption::domain::decision::{Decision, Reason, Resume, Route};
use session_resumption::domain::error;

use crate::given::{TTL, ana, at, drop_of, flow, pair, resumable, seconds, start_over};
use crate::harness::Harness;
use crate::steps::{claim, refused, replay};

for_every_store!(
    an_answer_is_replayed_until_its_time_ends_then_a_new_handshake_opens,
    replays_do_not_prolong_the_answer,
    an_answer_that_was_replaced_is_not_replayed_again,
    session_not_found_is_replayed_for_a_moment_only,
    a_new_start_is_replayed_as_long_as_any_answer,
    the_time_to_replay_is_the_callers_to_say,
    a_new_start_has_no_handshake_id,
    every_answer_comes_back_as_it_was_told,
);

async fn an_answer_is_replayed_until_its_time_ends_then_a_new_handshake_opens(h: &Harness) {
    let first = h.open(&ana(), &flow()).await;
    h.advance(TTL / 2).await;
    assert_eq!(replay(h.join(&ana(), &flow()).await).handshake, Some(first));
    h.advance(TTL).await;
    let second = h.lead(&ana(), &flow()).await;
    assert_ne!(second.id, first);
}

async fn replays_do_not_prolong_the_answer(h: &Harness) {
    h.open(&ana(), &flow()).await;
    for _ in 0..4 {
        h.advance(TTL / 6).await;
        replay(h.join(&ana(), &flow()).await);
    }
    h.advance(TTL / 2).await;
    h.lead(&ana(), &flow()).await;
}

async fn an_answer_that_was_replaced_is_not_replayed_again(h: &Harness) {
    let lead = h.lead(&ana(), &drop_of("one", 1)).await;
    h.store.conclude(&ana(), lead.lease, None, resumable(), TTL * 10).await.unwrap();
    h.confirm(&ana(), lead.id).await;
    let second = h.lead(&ana(), &drop_of("one", 2)).await;
    h.conclude(&ana(), second.lease, start_over(Reason::Ended)).await;
    h.advance(TTL * 2).await;
    assert_ne!(h.lead(&ana(), &flow()).await.id, lead.id, "it ended since");
}

async fn session_not_found_is_replayed_for_a_moment_only(h: &Harness) {
    let first = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), first.lease, start_over(Reason::SessionNotFound)).await;
    h.advance(seconds(2)).await;
    assert_eq!(replay(h.join(&ana(), &flow()).await).answer, start_over(Reason::SessionNotFound));
    h.advance(seconds(6)).await;
    let second = h.lead(&ana(), &flow()).await;
    assert_ne!(second.id, first.id);
}

async fn a_new_start_is_replayed_as_long_as_any_answer(h: &Harness) {
    let first = h.lead(&ana(), &flow()).await;
    h.conclude(&ana(), first.lease, start_over(Reason::Ended)).await;
    h.advance(TTL / 2).await;
    assert_eq!(replay(h.join(&ana(), &flow()).await).answer, start_over(Reason::Ended));
    h.advance(TTL).await;
    let second = h.lead(&ana(), &flow()).await;
    assert_ne!(second.id, first.id);
}

async fn the_time_to_replay_is_the_callers_to_say(h: &Harness) {
    for (conversation, answer) in [("short", resumable()), ("not-found", start_over(Reason::SessionNotFound))] {
        let pair = pair(conversation, "ana");
        let lead = h.lead(&pair, &flow()).await;
        h.store.conclude(&pair, lead.lease, None, answer, seconds(1)).await.unwrap();
        h.advance(seconds(3)).await;
        h.lead(&pair, &flow()).await;
    }
    let long = pair("long", "ana");
    let lead = h.lead(&long, &flow()).await;
    h.store.conclude(&long, lead.lease, None, resumable(), TTL * 10).await.unwrap();
    h.advance(TTL * 8).await;
    assert_eq!(replay(h.join(&long, &flow()).await).handshake, Some(lead.id));
}

async fn a_new_start_has_no_handshake_id(h: &Harness) {
    for reason in [Reason::Ended, Reason::WindowExpired, Reason::SessionNotFound, Reason::UnknownStatus] {
        let pair = pair(reason.wire(), "ana");
        let lead = h.lead(&pair, &flow()).await;
        let told = h.conclude(&pair, lead.lease, start_over(reason)).await;
        assert_eq!(told.handshake, None);
        assert_eq!(replay(h.join(&pair, &flow()).await).handshake, None);

        // The name exists, but was told to nobody: it opens nothing.
        let claim = claim(&pair, lead.id, 0, h.now().await);
        let not_found = error::Reason::HandshakeNotFound;
        assert_eq!(refused(h.store.view(&pair, lead.id, None).await), not_found);
        assert_eq!(refused(h.store.confirmation(&pair, lead.id).await), not_found);
        assert_eq!(refused(h.store.claim(&pair.conversation, claim).await), not_found);
    }
}

async fn every_answer_comes_back_as_it_was_told(h: &Harness) {
    let full = |reason, route| Resume {
        reason,
        route,
        status: "CONNECTED \"ü\\\u{2028}'".to_owned(),
        agent_id: Some("agent 7\r\n".to_owned()),
        queue_id: Some("queue {1}".to_owned()),
        target_queue_id: Some(String::new()),
        transfer_reason: Some("日本語".to_owned()),
        until: Some(at("2026-03-01T09:05:00.001Z")),
    };
    let empty = |reason, route| Resume {
        agent_id: None,
        queue_id: None,
        target_queue_id: None,
        transfer_reason: None,
        until: None,
        ..full(reason, route)
    };
    let resumed = [
        full(Reason::WithinWindow, Route::ReattachAgent),
        empty(Reason::Live, Route::ReattachAgent),
        full(Reason::InTransfer, Route::TransferQueue),
        empty(Reason::InQueue, Route::WaitInQueue),
        empty(Reason::UnknownStatus, Route::ReattachAgent),
    ];
    let as_of = at("1999-12-31T23:59:59.999Z");
    let resumed = resumed.map(|resume| Answer::live(Decision::Resumable(resume), as_of));
    let started = [Reason::WindowExpired, Reason::Ended, Reason::SessionNotFound, Reason::UnknownStatus];
    for (index, answer) in resumed.into_iter().chain(started.map(start_over)).enumerate() {
        let pair = pair(&format!("chat-{index}"), "ana");
        let lead = h.lead(&pair, &flow()).await;
        let told = h.conclude(&pair, lead.lease, answer.clone()).await;
        assert_eq!(told.answer, answer);
        assert_eq!(replay(h.join(&pair, &flow()).await), told);
        if let Some(id) = told.handshake {
            assert_eq!(h.store.view(&pair, id, None).await.unwrap(), told);
        }
    }
}
