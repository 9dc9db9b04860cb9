//! Each class of error, with its HTTP status, and when to come back.

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::door::{Answer, Door};
use crate::support::wire::{CONFIRM, INJECT, VALIDATE};
use crate::support::{Chat, Harness};

fn pair(chat: &Chat) -> Value {
    json!({"conversationId": chat.conversation, "participantId": chat.customer})
}

fn with_handshake(chat: &Chat, handshake: &str) -> Value {
    json!({"conversationId": chat.conversation, "participantId": chat.customer, "handshakeId": handshake})
}

fn one_message(chat: &Chat, handshake: &str) -> Value {
    let mut request = with_handshake(chat, handshake);
    request["messages"] = json!([{"clientMessageId": "m-1", "text": "hello"}]);
    request
}

fn fail(harness: &Harness, route: Route, code: u16, times: u32) {
    let fault = Fault::Status { code, retry_after_s: None, after_effect: false };
    harness.control.script_fault(FaultScript { route, times, skip: 0, fault }).unwrap();
}

/// `Retry-After` is the delay of the details in whole seconds, and never less.
#[track_caller]
fn assert_told_when(answer: &Answer, delay: &Value) {
    let delay: f64 = delay["retryDelay"].as_str().unwrap().trim_end_matches('s').parse().unwrap();
    let seconds: u32 = answer.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((f64::from(seconds) - 1.0..=f64::from(seconds)).contains(&delay), "{delay} {seconds}");
    assert!(seconds > 0, "{delay}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_or_is_not_due_is_refused_without_a_delay() {
    let harness = Harness::start().await;
    let (chat, door) = (Chat::dropped(&harness), Door::to(&harness));
    let stranger = "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11";
    let handshake = chat.validate().await.unwrap().handshake_id;
    for (method, request, status, code, reason) in [
        (CONFIRM, with_handshake(&chat, stranger), StatusCode::NOT_FOUND, "not_found", "HANDSHAKE_NOT_FOUND"),
        (INJECT, one_message(&chat, &handshake), StatusCode::BAD_REQUEST, "failed_precondition", "NOT_CONFIRMED"),
    ] {
        let answer = door.json(method, &request).await;
        let refused = answer.refused(status, code);
        assert_eq!(refused.reason(), reason);
        assert_eq!((refused.detail("google.rpc.RetryInfo"), answer.headers.get(RETRY_AFTER)), (None, None));
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_503_and_says_when_to_come_back() {
    let harness = Harness::with(SimOptions::default(), &[("genesys.timeout", "500ms")]).await;
    fail(&harness, Route::Read, 503, u32::MAX);
    let answer = Door::to(&harness).json(VALIDATE, &pair(&Chat::dropped(&harness))).await;
    let refused = answer.refused(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert_eq!(refused.reason(), "UPSTREAM_UNAVAILABLE");
    assert_told_when(&answer, refused.detail("google.rpc.RetryInfo").unwrap());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_409_and_says_when_to_come_back() {
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    fail(&harness, Route::PostMessage, 409, 1);
    let answer = Door::to(&harness).json(INJECT, &one_message(&chat, &handshake)).await;
    let refused = answer.refused(StatusCode::CONFLICT, "aborted");
    assert_eq!(refused.reason(), "UPSTREAM_CONFLICT");
    assert_told_when(&answer, refused.detail("google.rpc.RetryInfo").unwrap());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_is_429_and_says_when_to_come_back() {
    let harness = Harness::with(SimOptions::default(), &[("genesys.budget_per_minute", "10")]).await;
    let door = Door::to(&harness);
    for _ in 0..10 {
        let answer = door.json(VALIDATE, &pair(&Chat::dropped(&harness))).await;
        if answer.status == StatusCode::OK {
            continue;
        }
        let refused = answer.refused(StatusCode::TOO_MANY_REQUESTS, "resource_exhausted");
        assert_eq!(refused.reason(), "BUDGET_EXHAUSTED");
        assert_told_when(&answer, refused.detail("google.rpc.RetryInfo").unwrap());
        return harness.stop().await.unwrap();
    }
    panic!("ten calls of ten a minute at once are more than its burst");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_decisions_are_counted_whatever_the_protocol() {
    let harness = Harness::start().await;
    let (chat, door) = (Chat::dropped(&harness), Door::to(&harness));
    let stranger = with_handshake(&chat, "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11");
    let refusals = "session_resumption_errors_total{reason=\"HANDSHAKE_NOT_FOUND\"}";
    let decisions = "session_resumption_decisions_total{reason=\"WITHIN_WINDOW\"";
    let (refused, decided) = (harness.metric(refusals), harness.metric(decisions));
    assert_eq!(door.json(CONFIRM, &stranger).await.status, StatusCode::NOT_FOUND);
    assert_eq!(door.json(VALIDATE, &pair(&chat)).await.status, StatusCode::OK);
    // Other tests of this program count too.
    assert!(harness.metric(refusals) > refused && harness.metric(decisions) > decided);
    harness.stop().await.unwrap();
}
