//! A handshake counts for the pair it was issued to; to everyone else it is as unknown as one that never was.

use futures_util::future::join_all;
use genesys_sim::{Route, SimOptions};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason, TabRole};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{Chat, Harness, Refusal};

/// Shows a handshake for a pair in each call that takes one.
async fn shown_everywhere(
    harness: &Harness,
    conversation: &str,
    participant: &str,
    handshake: &str,
) -> Vec<(String, Status)> {
    let validate = |intent: Intent| pb::ValidateSessionRequest {
        conversation_id: conversation.to_owned(),
        participant_id: participant.to_owned(),
        handshake_id: handshake.to_owned(),
        client_instance_id: "tab".into(),
        intent: intent.into(),
        ..pb::ValidateSessionRequest::default()
    };
    let confirm = pb::ConfirmReattachRequest {
        conversation_id: conversation.to_owned(),
        participant_id: participant.to_owned(),
        handshake_id: handshake.to_owned(),
    };
    let inject = pb::InjectContextRequest {
        conversation_id: conversation.to_owned(),
        participant_id: participant.to_owned(),
        handshake_id: handshake.to_owned(),
        marker: "marker".into(),
        ..pb::InjectContextRequest::default()
    };
    let mut refused = Vec::new();
    for intent in [Intent::Resume, Intent::Heartbeat, Intent::TakeOver] {
        let status = harness.validate(validate(intent)).await.unwrap_err();
        refused.push((format!("validate {intent:?}"), status));
    }
    refused.push(("confirm".into(), harness.confirm(confirm).await.unwrap_err()));
    refused.push(("inject".into(), harness.inject(inject).await.unwrap_err()));
    refused
}

#[tokio::test]
async fn nobody_can_tell_why_a_handshake_does_not_count() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let fresh = Chat::dropped(&harness);
    let ended = Chat::dropped(&harness);
    harness.control.terminate(&ended.conversation).unwrap();
    let over = ended.validate().await.unwrap();
    assert_eq!((over.decision(), over.handshake_id.as_str()), (Decision::NewRoutingRequired, ""));
    let other = Chat::dropped(&harness);
    let others = other.validate().await.unwrap().handshake_id;
    harness.control.clear_ledger();

    let random = Uuid::new_v4().to_string();
    let nil = Uuid::nil().to_string();
    let cases = [
        ("before any validate", &fresh.conversation, &fresh.customer, &random),
        ("of no conversation at all", &random, &random, &handshake),
        ("random", &chat.conversation, &chat.customer, &random),
        ("nil", &chat.conversation, &chat.customer, &nil),
        ("another participant of the conversation", &chat.conversation, &random, &handshake),
        ("another pair's", &chat.conversation, &chat.customer, &others),
        ("for another conversation", &other.conversation, &chat.customer, &handshake),
        ("the participant of another conversation", &chat.conversation, &other.customer, &handshake),
        ("after a new routing", &ended.conversation, &ended.customer, &random),
    ];
    let mut told = Vec::new();
    for (case, conversation, participant, handshake) in cases {
        for (call, status) in shown_everywhere(&harness, conversation, participant, handshake).await {
            let refusal = Refusal::of(&status);
            assert_eq!(refusal, Refusal::plain(Code::NotFound, "HANDSHAKE_NOT_FOUND"), "{case}, {call}");
            told.push((status.message().to_owned(), status.details().to_vec()));
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(harness.paths(), Vec::<String>::new());
    assert_eq!((chat.count(), other.count()), (1, 0));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_stranger_who_shows_a_handshake_becomes_no_tab() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let epoch = chat.validate_as("tab-1", Intent::Resume).await.unwrap().tab_epoch;
    let random = Uuid::new_v4().to_string();
    shown_everywhere(&harness, &chat.conversation, &chat.customer, &random).await;
    let seat = chat.validate_as("tab-1", Intent::Resume).await.unwrap();
    assert_eq!((seat.tab_role(), seat.tab_epoch), (TabRole::Active, epoch));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_handshake_named_is_answered_with_what_was_decided_for_it() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate().await.unwrap();
    // The world has moved on; the handshake's answer has not.
    harness.control.terminate(&chat.conversation).unwrap();
    for intent in [Intent::Unspecified, Intent::Resume, Intent::Heartbeat] {
        let request = pb::ValidateSessionRequest {
            handshake_id: first.handshake_id.clone(),
            intent: intent.into(),
            ..chat.validate_request()
        };
        let named = chat.send(request).await.unwrap();
        assert_eq!(named, pb::ValidateSessionResponse { replayed: true, ..first.clone() }, "{intent:?}");
    }
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn participants_that_somebody_invents_do_not_cost_the_customer_the_handshake() {
    let options = SimOptions { requests_per_minute: 100_000, ..SimOptions::default() };
    let harness = Harness::with(options, &[("genesys.budget_per_minute", "100000")]).await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap();
    let invented = (0..300).map(|number| {
        let participant_id = format!("zz-invented-{number}");
        chat.send(pb::ValidateSessionRequest { participant_id, ..chat.validate_request() })
    });
    for answer in join_all(invented).await {
        assert_eq!(answer.unwrap().reason(), Reason::SessionNotFound);
    }
    assert!(chat.confirm(&handshake).await.unwrap().replayed);
    chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap();
    assert_eq!((chat.count(), chat.transcript().len()), (1, 2));
    harness.stop().await.unwrap();
}
