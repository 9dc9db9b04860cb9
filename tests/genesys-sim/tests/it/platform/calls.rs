//! The platform's other calls, one by one.

use std::time::Duration;

use genesys_sim::{CreatedPlatform, Fault, FaultScript, NewPlatformConversation, Purpose, Route, SimOptions};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::checked::{SUPPORT, queued};
use crate::support::{Harness, expect};

fn agentless(h: &Harness, to: &CreatedPlatform, use_existing: bool) -> RequestBuilder {
    h.platform(Method::POST, "conversations/messages/agentless").json(&json!({
        "fromAddress": to.deployment_id,
        "externalContactId": to.external_contact_id,
        "toAddressMessengerType": "webmessaging",
        "textBody": "You are back.",
        "useExistingActiveConversation": use_existing,
    }))
}

#[tokio::test]
async fn both_contracts_are_served_and_keep_apart() {
    let h = Harness::start().await;
    let guide = h.chat().conversation_id;
    let platform = h.served().conversation_id;
    expect(h.read(&guide), StatusCode::OK).await;
    expect(h.read(&platform), StatusCode::NOT_FOUND).await;
    expect(h.platform(Method::GET, &format!("conversations/messages/{guide}")), StatusCode::NOT_FOUND).await;
    expect(h.platform(Method::GET, &format!("conversations/messages/{platform}")), StatusCode::OK).await;
    let call = &h.control.calls(Route::PlatformRead)[1];
    assert_eq!(call.conversation_id.as_deref(), Some(&*platform));
    assert!(call.effect_applied && call.violation.is_none() && !call.destructive);
}

#[tokio::test]
async fn a_message_leads_to_its_conversation_and_its_text() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let (id, other) = (h.served().conversation_id, h.served().conversation_id);
    let said = platform.customer_message(&id, "my order is lost").unwrap().message_id;
    let answered = platform.agent_message(&id, "let me see").unwrap();

    let details =
        expect(h.platform(Method::GET, &format!("conversations/messages/{said}/details")), StatusCode::OK).await;
    assert_eq!(details["conversationId"], json!(id));
    assert_eq!(details["direction"], "inbound");
    assert_eq!(details["textBody"], "my order is lost");
    let path = format!("conversations/messages/{id}/messages/{answered}?useNormalizedMessage=true");
    let message = expect(h.platform(Method::GET, &path), StatusCode::OK).await;
    assert_eq!((&message["direction"], &message["status"]), (&json!("outbound"), &json!("sent")));
    assert_eq!(message["normalizedMessage"]["text"], "let me see");
    assert!(message.get("textBody").is_none());

    let elsewhere = h.platform(Method::GET, &format!("conversations/messages/{other}/messages/{said}"));
    expect(elsewhere, StatusCode::NOT_FOUND).await;
    let bulk = h.platform(Method::POST, &format!("conversations/messages/{id}/messages/bulk"));
    let listing = expect(bulk.json(&json!([answered, "unknown", said])), StatusCode::OK).await;
    let ids: Vec<_> = listing["entities"].as_array().unwrap().iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, [&answered, &said]);
}

#[tokio::test]
async fn an_agentless_message_joins_the_running_conversation() {
    let h = Harness::start().await;
    let to = h.served();
    let answer = expect(agentless(&h, &to, true), StatusCode::ACCEPTED).await;
    assert_eq!(answer["conversationId"], json!(to.conversation_id));
    let transcript = h.control.platform().transcript(&to.conversation_id).unwrap();
    assert_eq!((transcript[0].purpose, &*transcript[0].text), (Purpose::Api, "You are back."));
    assert_eq!(json!(transcript[0].id), answer["id"]);
    let read = h.control.platform().conversation(&to.conversation_id).unwrap();
    let api = &read["participants"][4];
    assert_eq!((&api["purpose"], &api["state"]), (&json!("api"), &json!("disconnected")));
    assert_eq!(read["participants"][3]["state"], "connected", "the agent is not disturbed");
}

#[tokio::test]
async fn an_agentless_message_finds_no_conversation_that_it_may_not_use() {
    let h = Harness::with(SimOptions { token_ttl: Duration::from_hours(100), ..SimOptions::default() }).await;
    let to = h.served();
    expect(agentless(&h, &to, false), StatusCode::NOT_FOUND).await;
    let stranger = CreatedPlatform { external_contact_id: "nobody".to_owned(), ..to.clone() };
    expect(agentless(&h, &stranger, true), StatusCode::NOT_FOUND).await;
    h.control.platform().agent_ends(&to.conversation_id).unwrap();
    expect(agentless(&h, &to, false), StatusCode::ACCEPTED).await;
    h.control.advance(Duration::from_hours(73));
    expect(agentless(&h, &to, true), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn writing_as_an_agent_needs_a_user() {
    let h = Harness::start().await;
    let id = h.served().conversation_id;
    let path = format!("conversations/messages/{id}/communications/c1/messages");
    let refused =
        expect(h.platform(Method::POST, &path).json(&json!({"textBody": "hi"})), StatusCode::BAD_REQUEST).await;
    assert!(refused["message"].as_str().unwrap().starts_with("This request requires a user context."));
    assert!(h.control.calls(Route::PlatformCommunicationMessage)[0].violation.is_some());
}

#[tokio::test]
async fn calls_that_end_something_stand_out_in_the_ledger() {
    let h = Harness::start().await;
    let served = h.served();
    let id = &served.conversation_id;
    expect(h.platform(Method::GET, &format!("conversations/{id}")), StatusCode::OK).await;
    let path = format!("conversations/{id}/disconnect");
    assert_eq!(h.platform(Method::POST, &path).send().await.unwrap().status(), StatusCode::ACCEPTED);
    let other = h.served().conversation_id;
    let hold = h.platform(Method::PATCH, &format!("conversations/messages/{other}")).json(&json!({"state": "parked"}));
    expect(hold, StatusCode::OK).await;
    assert_eq!(h.control.platform().conversation(&other).unwrap()["participants"][3]["state"], "connected");
    let unknown = h.platform(Method::DELETE, "conversations/unknown");
    assert_eq!(unknown.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let destructive: Vec<_> = h.control.ledger().iter().map(|call| call.destructive).collect();
    assert_eq!(destructive, [false, true, true, true], "the attempt counts");
    let read = h.control.platform().conversation(id).unwrap();
    assert!(read["participants"].as_array().unwrap().iter().all(|leg| leg["state"] == "disconnected"));
}

#[tokio::test]
async fn a_body_that_was_put_is_served_as_it_is() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let hostile = json!({"id": 7, "participants": [{"state": "levitating"}, null], "x": "\u{0}"});
    platform.put("c1", hostile.clone());
    for path in ["conversations/messages/c1", "conversations/c1"] {
        assert_eq!(expect(h.platform(Method::GET, path), StatusCode::OK).await, hostile);
    }
    let update = h.platform(Method::PATCH, "conversations/c1/participants/p1/attributes");
    let update = update.json(&json!({"attributes": {"a": "b"}})).send().await.unwrap();
    assert_eq!(update.status(), StatusCode::ACCEPTED);
    assert_eq!(platform.conversation("c1").unwrap(), hostile);
    platform.forget("c1").unwrap();
    expect(h.platform(Method::GET, "conversations/c1"), StatusCode::NOT_FOUND).await;
}

#[tokio::test]
async fn faults_hit_platform_calls_as_they_hit_the_guides() {
    let h = Harness::start().await;
    let served = h.served();
    let id = &served.conversation_id;
    let path = format!("conversations/{id}/participants/{}/attributes", served.customer_id);
    let update = || h.platform(Method::PATCH, &path).json(&json!({"attributes": {"a": "b"}}));
    h.control.script_fault(FaultScript::once(Route::PlatformAttributes, Fault::Reset { after_effect: true })).unwrap();
    expect(h.platform(Method::GET, &format!("conversations/{id}")), StatusCode::OK).await;
    assert!(update().send().await.is_err());
    h.control.advance(Duration::from_secs(1));
    let read: Value = h.control.platform().conversation(id).unwrap();
    assert_eq!(read["participants"][0]["attributes"], json!({"a": "b"}), "done although nobody heard of it");
    assert_eq!(update().send().await.unwrap().status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn the_threading_timeline_is_told_in_minutes() {
    let h = Harness::start().await;
    let timeline = expect(h.platform(Method::GET, "conversations/messaging/threadingtimeline"), StatusCode::OK).await;
    assert_eq!(timeline["settings"][0], json!({"messengerType": "webmessaging", "timeoutInMinutes": 72 * 60}));
}

#[tokio::test]
async fn the_inactivity_timeout_counts_from_the_last_message() {
    let start = "2026-05-15T14:00:00Z".parse().unwrap();
    let h = Harness::with(SimOptions { start_time: Some(start), ..SimOptions::default() }).await;
    let new = NewPlatformConversation { inactivity_timeout_s: Some(600), ..queued() };
    let id = h.created(new).conversation_id;
    h.control.advance(Duration::from_mins(5));
    h.control.platform().customer_message(&id, "hello").unwrap();
    let read = h.control.platform().conversation(&id).unwrap();
    assert!(read["inactivityTimeout"].as_str().unwrap().starts_with("2026-05-15T14:15:0"), "{read}");
    assert_eq!(read["participants"][2]["queue"]["id"], json!(SUPPORT));
}
