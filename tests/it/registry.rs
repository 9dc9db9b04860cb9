//! Sessions by the keys they are registered under.

use std::time::Duration;

use genesys_sim::Route;
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason, TabRole};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{Chat, Harness, Refusal};

/// A key that no other test uses: they may share a store.
fn new_key() -> String {
    format!("web-{}", Uuid::new_v4())
}

fn registration(key: &str, chat: &Chat) -> pb::RegisterSessionRequest {
    pb::RegisterSessionRequest {
        resume_key: key.to_owned(),
        conversation_id: chat.conversation.clone(),
        participant_id: chat.customer.clone(),
    }
}

fn by_key(key: &str) -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest { resume_key: key.to_owned(), ..pb::ValidateSessionRequest::default() }
}

/// Code, reason, and the fields at fault with their reasons.
#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Status>) -> (Code, String, Vec<(String, String)>) {
    let refusal = Refusal::of(&outcome.unwrap_err());
    let reason = |why: &str| why.split(':').next().unwrap_or_default().to_owned();
    let fields = refusal.fields.iter().map(|(field, why)| (field.clone(), reason(why))).collect();
    (refusal.code, refusal.reason, fields)
}

fn faults(fields: &[(&str, &str)]) -> (Code, String, Vec<(String, String)>) {
    let told = fields.iter().map(|(field, reason)| ((*field).to_owned(), (*reason).to_owned()));
    (Code::InvalidArgument, fields[0].1.to_owned(), told.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_comes_back_by_its_key() {
    let harness = Harness::start().await;
    let (chat, key) = (Chat::dropped(&harness), new_key());
    harness.register(registration(&key, &chat)).await.unwrap();
    let by_key = harness.validate(by_key(&key)).await.unwrap();
    assert_eq!((by_key.decision(), by_key.agent_id.as_str()), (Decision::Resumable, "agent-ada"));
    // Whoever may register keys is trusted with the ids.
    assert_eq!(by_key.routing_attributes["conversationId"], chat.conversation);
    assert_eq!(by_key.routing_attributes["participantId"], chat.customer);
    // Both names are of one session: one handshake, one read.
    let by_ids = chat.validate().await.unwrap();
    assert_eq!((&by_ids.handshake_id, by_ids.replayed), (&by_key.handshake_id, true));
    assert_eq!(chat.calls(Route::Read), 1);
    harness.control.attach(&chat.conversation, None).unwrap();
    assert_eq!(chat.confirm(&by_key.handshake_id).await.unwrap().resumption_count, 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_intent_goes_by_key() {
    let harness = Harness::start().await;
    let (chat, key) = (Chat::dropped(&harness), new_key());
    harness.register(registration(&key, &chat)).await.unwrap();
    let ask = |intent: Intent, tab: &str| pb::ValidateSessionRequest {
        intent: intent.into(),
        client_instance_id: tab.to_owned(),
        ..by_key(&key)
    };
    let seen = harness.validate(ask(Intent::Heartbeat, "one")).await.unwrap();
    assert_eq!((seen.handshake_id.as_str(), seen.tab_role()), ("", TabRole::Active));
    let resumed = harness.validate(ask(Intent::Resume, "two")).await.unwrap();
    assert_eq!(resumed.tab_role(), TabRole::Suspended);
    let taken = harness.validate(ask(Intent::TakeOver, "two")).await.unwrap();
    assert_eq!(taken.tab_role(), TabRole::Active);
    let handshake_id = resumed.handshake_id.clone();
    let named = harness.validate(pb::ValidateSessionRequest { handshake_id, ..by_key(&key) }).await.unwrap();
    assert_eq!(named.handshake_id, resumed.handshake_id);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_registered_is_no_session_and_genesys_is_not_asked() {
    let harness = Harness::start().await;
    harness.control.clear_ledger();
    let key = new_key();
    for intent in [Intent::Unspecified, Intent::Resume, Intent::Heartbeat] {
        let request = pb::ValidateSessionRequest { intent: intent.into(), ..by_key(&key) };
        let answer = harness.validate(request).await.unwrap();
        assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::SessionNotFound));
        assert_eq!((answer.handshake_id.as_str(), answer.tab_role()), ("", TabRole::Unspecified));
        assert_eq!(answer.routing_attributes.into_iter().collect::<Vec<_>>(), [("resume".into(), "false".into())]);
    }
    let request = pb::ValidateSessionRequest { handshake_id: Uuid::new_v4().to_string(), ..by_key(&key) };
    assert_eq!(refused(harness.validate(request).await).1, "HANDSHAKE_NOT_FOUND");
    let request = pb::ValidateSessionRequest {
        intent: Intent::TakeOver.into(),
        client_instance_id: "tab".into(),
        ..by_key(&key)
    };
    assert_eq!(refused(harness.validate(request).await).1, "NOTHING_TO_TAKE_OVER");
    assert_eq!(harness.paths(), Vec::<String>::new());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_one_session() {
    let harness = Harness::start().await;
    let (ana, bob, key) = (Chat::dropped(&harness), Chat::dropped(&harness), new_key());
    let first = harness.register(registration(&key, &ana)).await.unwrap();
    let again = harness.register(registration(&key, &ana)).await.unwrap();
    assert_eq!(again.register_time, first.register_time);
    let seconds = |time: Option<prost_types::Timestamp>| time.unwrap().seconds;
    let day = i64::try_from(Duration::from_hours(24).as_secs()).unwrap();
    assert_eq!(seconds(first.expire_time) - seconds(first.register_time), day);
    assert!(seconds(again.expire_time) >= seconds(first.expire_time));
    let taken = (Code::AlreadyExists, "RESUME_KEY_TAKEN".to_owned(), Vec::new());
    assert_eq!(refused(harness.register(registration(&key, &bob)).await), taken);
    let other = pb::RegisterSessionRequest { participant_id: "other".into(), ..registration(&key, &ana) };
    assert_eq!(refused(harness.register(other).await), taken);
    // A session may have many keys.
    harness.register(registration(&new_key(), &ana)).await.unwrap();
    let found = harness.validate(by_key(&key)).await.unwrap();
    assert_eq!(found.routing_attributes["conversationId"], ana.conversation);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_is_not_asked_of_genesys() {
    let harness = Harness::start().await;
    let (chat, key) = (Chat::dropped(&harness), new_key());
    harness.control.clear_ledger();
    let invented = pb::RegisterSessionRequest { conversation_id: "invented".into(), ..registration(&key, &chat) };
    harness.register(invented).await.unwrap();
    assert_eq!(harness.paths(), Vec::<String>::new());
    assert_eq!(harness.validate(by_key(&key)).await.unwrap().reason(), Reason::SessionNotFound);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_with_a_registration_is_told_at_once() {
    let harness = Harness::start().await;
    let empty = harness.register(pb::RegisterSessionRequest::default()).await;
    let missing = [("resume_key", "INVALID_ID"), ("conversation_id", "INVALID_ID"), ("participant_id", "INVALID_ID")];
    assert_eq!(refused(empty), faults(&missing));
    let bad = pb::RegisterSessionRequest {
        resume_key: "a/b".into(),
        conversation_id: "..".into(),
        participant_id: "x".repeat(129),
    };
    assert_eq!(refused(harness.register(bad).await), faults(&missing));
    let long = pb::RegisterSessionRequest {
        resume_key: "k".repeat(128),
        conversation_id: new_key(),
        participant_id: "p".into(),
    };
    let _ = harness.register(long).await.map_err(|status| assert_eq!(status.code(), Code::AlreadyExists));
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_by_one_name_of_a_session() {
    let harness = Harness::start().await;
    let ids = pb::IssueSessionTokenRequest {
        conversation_id: "c".into(),
        participant_id: "p".into(),
        ..pb::IssueSessionTokenRequest::default()
    };
    let both = pb::IssueSessionTokenRequest { resume_key: "k".into(), ..ids.clone() };
    assert_eq!(refused(harness.issue(both).await), faults(&[("resume_key", "AMBIGUOUS_SESSION")]));
    let none = harness.issue(pb::IssueSessionTokenRequest::default()).await;
    assert_eq!(refused(none), faults(&[("conversation_id", "INVALID_ID"), ("participant_id", "INVALID_ID")]));
    let bad = pb::IssueSessionTokenRequest { resume_key: "..".into(), ..pb::IssueSessionTokenRequest::default() };
    assert_eq!(refused(harness.issue(bad).await), faults(&[("resume_key", "INVALID_ID")]));
    // Without a secret to sign with, that is all there is to it.
    let disabled = (Code::FailedPrecondition, "SESSION_TOKENS_DISABLED".to_owned(), Vec::new());
    assert_eq!(refused(harness.issue(ids).await), disabled);
    harness.stop().await.unwrap();
}
