//! What is answered without the store, and what is not.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route, SimOptions, Status};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason, Route as Way};
use tonic::{Code, Status as Refused};

use super::{assert_degraded, over, slow_read};
use crate::servers::Server;
use crate::support::{Chat, Harness, Refusal};

/// To come again, soon, and for no other reason.
fn assert_needs_the_store(refused: &Refused) {
    let Refusal { code, reason, retry, .. } = Refusal::of(refused);
    assert_eq!((code, reason.as_str()), (Code::Unavailable, "STORE_UNAVAILABLE"), "{refused:?}");
    let seconds = Duration::from_secs(2)..=Duration::from_secs(4);
    assert!(retry.is_some_and(|retry| seconds.contains(&retry)), "{retry:?}");
}

#[tokio::test]
async fn a_session_is_judged_anew_each_time_and_given_no_handshake() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    server.kill();
    let chat = Chat::dropped(&harness);
    for intent in [Intent::Resume, Intent::Resume, Intent::Heartbeat, Intent::Resume] {
        let before = chat.calls(Route::Read);
        let answer = chat.validate_as("tab", intent).await.unwrap();
        assert_degraded(&answer);
        assert_eq!((answer.decision(), answer.reason()), (Decision::Resumable, Reason::WithinWindow));
        assert_eq!((answer.route(), answer.agent_id.as_str()), (Way::ReattachAgent, "agent-ada"));
        assert_eq!(answer.routing_attributes["resume"], "true");
        assert_eq!(chat.calls(Route::Read), before + 1);
    }
    let flow = chat.validate().await.unwrap();
    assert_degraded(&flow);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn the_time_is_genesys_and_so_is_the_window() {
    let server = Server::start(&[]);
    let long_ago = "2024-05-15T14:30:00Z".parse().unwrap();
    let options = SimOptions { start_time: Some(long_ago), ..SimOptions::default() };
    let harness = Harness::with(options, &[("store.url", &server.url())]).await;
    server.kill();
    let chat = Chat::dropped(&harness);
    harness.control.advance(Duration::from_secs(290));
    let answer = chat.validate().await.unwrap();
    assert_degraded(&answer);
    assert_eq!(answer.reason(), Reason::WithinWindow);
    let told = answer.as_of_time.unwrap().seconds;
    assert!((0..60).contains(&(harness.control.now().as_second() - told)), "{told}");
    // Perhaps the customer was sent away before, and waited as told: nobody knows without the store.
    harness.control.advance(Duration::from_secs(80));
    let answer = chat.validate().await.unwrap();
    assert_eq!((answer.degraded, answer.reason()), (true, Reason::WithinWindow));
    // Longer than that nobody is sent away.
    harness.control.advance(Duration::from_mins(1));
    let answer = chat.validate().await.unwrap();
    assert!(answer.degraded);
    assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::WindowExpired));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_over_is_over() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    server.kill();
    let [ended, gone, strange] = [(); 3].map(|()| Chat::dropped(&harness));
    harness.control.terminate(&ended.conversation).unwrap();
    harness.control.forget(&gone.conversation).unwrap();
    let stranger = pb::ValidateSessionRequest { participant_id: "somebody".into(), ..strange.validate_request() };
    for (request, reason) in [
        (ended.validate_request(), Reason::Ended),
        (gone.validate_request(), Reason::SessionNotFound),
        (stranger, Reason::SessionNotFound),
    ] {
        let answer = harness.validate(request).await.unwrap();
        assert_degraded(&answer);
        assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, reason));
        assert_eq!(answer.route(), Way::NewRouting);
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn two_failures_do_not_make_a_decision() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    server.kill();
    let chat = Chat::dropped(&harness);
    let body = |status, body: &str| Fault::Body { status, content_type: "text/html".into(), body: body.into() };
    for (fault, reason) in [
        (Fault::Status { code: 503, retry_after_s: Some(20), after_effect: false }, "UPSTREAM_UNAVAILABLE"),
        (Fault::Status { code: 429, retry_after_s: Some(20), after_effect: false }, "UPSTREAM_RATE_LIMITED"),
        (Fault::Status { code: 403, retry_after_s: None, after_effect: false }, "UPSTREAM_FORBIDDEN"),
        (body(404, "<html>"), "UPSTREAM_MALFORMED"),
        (body(200, "{}"), "UPSTREAM_MALFORMED"),
    ] {
        for intent in [Intent::Resume, Intent::Heartbeat] {
            harness.control.script_fault(FaultScript::once(Route::Read, fault.clone())).unwrap();
            let refusal = Refusal::of(&chat.validate_as("tab", intent).await.unwrap_err());
            assert_eq!(refusal.reason, reason, "{fault:?}");
            assert!(refusal.retry.is_some(), "{fault:?}");
        }
    }
    assert_degraded(&chat.validate().await.unwrap());
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn whatever_needs_the_store_is_told_to_come_again_and_changes_nothing() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    server.kill();
    harness.control.clear_ledger();
    let named = pb::ValidateSessionRequest { handshake_id: handshake.clone(), ..chat.validate_request() };
    assert_needs_the_store(&chat.send(named.clone()).await.unwrap_err());
    let heartbeat = pb::ValidateSessionRequest { intent: Intent::Heartbeat.into(), ..named };
    assert_needs_the_store(&chat.send(heartbeat).await.unwrap_err());
    assert_needs_the_store(&chat.validate_as("tab", Intent::TakeOver).await.unwrap_err());
    assert_needs_the_store(&chat.confirm(&handshake).await.unwrap_err());
    assert_needs_the_store(&chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap_err());
    assert_eq!(harness.paths(), [""; 0]);
    assert_eq!((chat.count(), chat.transcript().len()), (0, 0));
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_while_a_read_is_under_way_shares_it() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    server.kill();
    let chats = [(); 2].map(|()| Chat::dropped(&harness));
    // The connection notices first that its server is gone.
    chats[0].validate().await.unwrap();
    harness.control.clear_ledger();
    slow_read(&harness, 1_500);
    slow_read(&harness, 1_500);
    let calls = (0..200).map(|call| {
        let (chat, tab) = (&chats[call % 2], format!("tab-{call}"));
        let intent = if call % 3 == 0 { Intent::Heartbeat } else { Intent::Resume };
        async move { chat.validate_as(&tab, intent).await }
    });
    for answer in join_all(calls).await {
        assert_degraded(&answer.unwrap());
    }
    assert_eq!(chats.map(|chat| chat.calls(Route::Read)), [1, 1]);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_status_nobody_knows_is_noted_as_ever() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    server.kill();
    let chat = Chat::live(&harness);
    harness.control.set_status(&chat.conversation, Status::from("PONDERING")).unwrap();
    let answer = chat.validate().await.unwrap();
    assert_degraded(&answer);
    assert_eq!((answer.reason(), answer.conversation_status.as_str()), (Reason::UnknownStatus, "PONDERING"));
    harness.stop().await.unwrap();
}
