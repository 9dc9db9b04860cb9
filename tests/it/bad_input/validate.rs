//! What only ValidateSession is asked.

use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;

use super::{BAD_IDS, assert_refused, nothing_was_asked, quiet, uuid};

fn request() -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest {
        conversation_id: "conversation".into(),
        participant_id: "participant".into(),
        ..pb::ValidateSessionRequest::default()
    }
}

#[tokio::test]
async fn a_number_without_a_meaning_is_no_intent() {
    let harness = quiet().await;
    for intent in [-1, 4, 5, 99, i32::MIN, i32::MAX] {
        let outcome = harness.validate(pb::ValidateSessionRequest { intent, ..request() }).await;
        assert_refused(&format!("intent {intent}"), outcome, &[("intent", "INVALID_ENUM")]);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn only_a_tab_takes_over() {
    let harness = quiet().await;
    let intent = Intent::TakeOver.into();
    let outcome = harness.validate(pb::ValidateSessionRequest { intent, ..request() }).await;
    assert_refused("no tab", outcome, &[("client_instance_id", "MISSING_CLIENT_INSTANCE")]);

    // A tab that is named wrongly is there, and is not asked for a second time.
    let client_instance_id = "a/b".to_owned();
    let outcome = harness.validate(pb::ValidateSessionRequest { intent, client_instance_id, ..request() }).await;
    assert_refused("a bad tab", outcome, &[("client_instance_id", "INVALID_ID")]);
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn a_resume_key_stands_alone() {
    let harness = quiet().await;
    for resume_key in ["k", "..", "💬", &"x".repeat(10_000)] {
        let resume_key = resume_key.to_owned();
        let both = pb::ValidateSessionRequest { resume_key: resume_key.clone(), ..request() };
        let ambiguous = [("resume_key", "AMBIGUOUS_SESSION")];
        assert_refused("beside the pair", harness.validate(both.clone()).await, &ambiguous);
        let conversation = pb::ValidateSessionRequest { participant_id: String::new(), ..both.clone() };
        assert_refused("beside the conversation", harness.validate(conversation).await, &ambiguous);
        let participant = pb::ValidateSessionRequest { conversation_id: "/".into(), ..both };
        assert_refused("beside a bad id", harness.validate(participant).await, &ambiguous);
    }
    for resume_key in BAD_IDS.iter().copied().chain([&*"x".repeat(129)]) {
        let alone =
            pb::ValidateSessionRequest { resume_key: resume_key.into(), ..pb::ValidateSessionRequest::default() };
        assert_refused(resume_key, harness.validate(alone).await, &[("resume_key", "INVALID_ID")]);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn a_message_stands_alone() {
    let harness = quiet().await;
    let by_key = pb::ValidateSessionRequest { resume_key: "k".into(), ..pb::ValidateSessionRequest::default() };
    for other_name in [request(), by_key] {
        let both = pb::ValidateSessionRequest { message_id: "..".into(), ..other_name };
        assert_refused("beside another", harness.validate(both).await, &[("message_id", "AMBIGUOUS_SESSION")]);
    }
    for message_id in BAD_IDS.iter().copied().filter(|id| !id.is_empty()).chain([&*"x".repeat(129)]) {
        let alone =
            pb::ValidateSessionRequest { message_id: message_id.into(), ..pb::ValidateSessionRequest::default() };
        assert_refused(message_id, harness.validate(alone).await, &[("message_id", "INVALID_ID")]);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn a_reason_to_disconnect_has_its_limit_too() {
    let harness = quiet().await;
    for disconnect_reason in ["x".repeat(257), "ä".repeat(257), "💬".repeat(10_000)] {
        let outcome = harness.validate(pb::ValidateSessionRequest { disconnect_reason, ..request() }).await;
        assert_refused("257 characters", outcome, &[("disconnect_reason", "TEXT_TOO_LONG")]);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let harness = quiet().await;
    let request = pb::ValidateSessionRequest {
        conversation_id: "..".into(),
        participant_id: String::new(),
        resume_key: "key".into(),
        client_instance_id: "a b".into(),
        attempt_id: "first".into(),
        handshake_id: "second".into(),
        intent: 77,
        disconnect_reason: "x".repeat(300),
        disconnect_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: i32::MIN }),
        message_id: String::new(),
    };
    let faults = [
        ("resume_key", "AMBIGUOUS_SESSION"),
        ("client_instance_id", "INVALID_ID"),
        ("attempt_id", "INVALID_UUID"),
        ("handshake_id", "INVALID_UUID"),
        ("disconnect_reason", "TEXT_TOO_LONG"),
        ("intent", "INVALID_ENUM"),
    ];
    assert_refused("validate", harness.validate(request).await, &faults);

    let empty = harness.confirm(pb::ConfirmReattachRequest::default()).await;
    let faults = [("conversation_id", "INVALID_ID"), ("participant_id", "INVALID_ID"), ("handshake_id", "INVALID_ID")];
    assert_refused("an empty confirm", empty, &faults);
    let request = pb::ConfirmReattachRequest {
        conversation_id: "a/b".into(),
        participant_id: uuid(),
        handshake_id: "first".into(),
    };
    let faults = [("conversation_id", "INVALID_ID"), ("handshake_id", "INVALID_UUID")];
    assert_refused("confirm", harness.confirm(request).await, &faults);
    nothing_was_asked(harness).await;
}
