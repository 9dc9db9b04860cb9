//! Every breach of the contract is refused and stands in the ledger.

use genesys_sim::{Created, LedgerEntry};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Harness, message};

/// Sends a call that breaks the contract; returns its entry in the ledger.
async fn refused(h: &Harness, request: RequestBuilder, status: u16) -> LedgerEntry {
    h.control.clear_ledger();
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), status);
    let mut entries = h.control.ledger();
    let entry = entries.pop().unwrap();
    assert!(entries.is_empty());
    assert_eq!(entry.status, Some(status));
    assert!(!entry.effect_applied);
    assert!(entry.violation.is_some(), "{entry:?}");
    entry
}

/// A valid message but for one change.
fn but(chat: &Created, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = message(chat, "hello");
    change(&mut body);
    body
}

#[tokio::test]
async fn paths_outside_the_contract() {
    let h = Harness::start().await;
    let chat = h.chat();
    for path in ["/participants", "/typing"].map(|tail| format!("{}{tail}", chat.conversation_id)) {
        let outside = h.sim.url() + "/api/v2/conversations/messages/" + &path;
        let request = h.http.get(outside).bearer_auth(&h.token);
        assert_eq!(refused(&h, request, 404).await.route, None);
    }
    refused(&h, h.bare(Method::POST, &format!("{}/", chat.conversation_id)), 404).await;
    refused(&h, h.http.get(h.sim.url() + "/_sim/nonsense"), 404).await;
}

#[tokio::test]
async fn methods_outside_the_contract() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    let messages = format!("{id}/messages");
    for (request, allow) in [
        (h.bare(Method::GET, &id), "POST, PATCH"),
        (h.bare(Method::PUT, &id), "POST, PATCH"),
        (h.bare(Method::DELETE, &messages), "GET, POST"),
        (h.http.get(h.sim.url() + "/oauth/token"), "POST"),
    ] {
        let answer = request.try_clone().unwrap().send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allow);
        assert_eq!(refused(&h, request, 405).await.route, None);
    }
}

#[tokio::test]
async fn reads_that_do_not_accept_json() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    refused(&h, h.bare(Method::POST, &id), 400).await;
    refused(&h, h.bare(Method::POST, &id).header("accept", "text/html"), 400).await;
    refused(&h, h.bare(Method::GET, &format!("{id}/messages")), 400).await;
}

#[tokio::test]
async fn reads_that_carry_something() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    refused(&h, h.read(&id).json(&json!({"expand": "participants"})), 400).await;
    refused(&h, h.read(&id).body("{}"), 415).await;
    refused(&h, h.read(&format!("{id}?expand=all")), 400).await;
}

#[tokio::test]
async fn patches_that_are_not_exactly_custom_attributes() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    for body in [
        json!({}),
        json!([]),
        json!({"attributes": {}}),
        json!({"customAttributes": {"count": 2}}),
        json!({"customAttributes": {"count": null}}),
        json!({"customAttributes": {"a": "b"}, "status": "TERMINATED"}),
    ] {
        refused(&h, h.bare(Method::PATCH, &id).json(&body), 400).await;
    }
    assert!(h.control.conversation(&id).unwrap().custom_attributes.is_empty());
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let h = Harness::start().await;
    let chat = h.chat();
    let id = &chat.conversation_id;
    let patch = || h.bare(Method::PATCH, id);
    refused(&h, patch().header("content-type", "application/json").body("{"), 400).await;
    refused(&h, patch().header("content-type", "application/json"), 400).await;
    refused(&h, patch().header("content-type", "text/plain").body(r#"{"customAttributes":{}}"#), 415).await;
    let post = h.bare(Method::POST, &format!("{id}/messages")).body(message(&chat, "hello").to_string());
    refused(&h, post, 415).await;
}

#[tokio::test]
async fn bodies_beyond_the_platforms_limit() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    refused(&h, h.patch(&id, "big", &"x".repeat(512_000)), 413).await;
}

#[tokio::test]
async fn messages_that_break_the_contract() {
    let h = Harness::start().await;
    let chat = h.chat();
    let stranger = h.chat();
    let bodies = [
        but(&chat, |body| body["authorId"] = json!(stranger.customer_id)),
        but(&chat, |body| body["authorId"] = json!(chat.agent_participant_id)),
        but(&chat, |body| body["authorId"] = json!("system")),
        but(&chat, |body| body["type"] = json!("system")),
        but(&chat, |body| body["type"] = json!("agent")),
        but(&chat, |body| body["type"] = json!("robot")),
        but(&chat, |body| body["to"] = json!([stranger.agent_participant_id])),
        but(&chat, |body| body["to"] = json!([])),
        but(&chat, |body| body["to"] = json!(null)),
        but(&chat, |body| body["text"] = json!("")),
        but(&chat, |body| body["text"] = json!("ü".repeat(4097))),
        but(&chat, |body| body["clientMessageId"] = json!("m1")),
    ];
    for body in bodies {
        let entry = refused(&h, h.post(&chat.conversation_id, &body), 400).await;
        assert_eq!(entry.body, Some(body));
    }
    assert!(h.control.transcript(&chat.conversation_id).unwrap().is_empty());

    let longest = but(&chat, |body| body["text"] = json!("ü".repeat(4096)));
    let answer = h.post(&chat.conversation_id, &longest).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn api_calls_without_a_bearer_token() {
    let h = Harness::start().await;
    let url = format!("{}/api/v2/conversations/messaging/{}", h.sim.url(), h.chat().conversation_id);
    let request = h.http.post(url).header("accept", "application/json");
    refused(&h, request.try_clone().unwrap(), 401).await;
    refused(&h, request.basic_auth("sim-client", Some("sim-secret")), 401).await;
}

#[tokio::test]
async fn token_requests_that_are_no_client_credentials_grant() {
    let h = Harness::start().await;
    let request = || h.http.post(h.sim.url() + "/oauth/token");
    let basic = || request().basic_auth("sim-client", Some("sim-secret"));
    refused(&h, basic().json(&json!({"grant_type": "client_credentials"})), 400).await;
    refused(&h, basic().form(&[("grant_type", "password")]), 400).await;
    refused(&h, basic().form(&[("scope", "conversations")]), 400).await;
    refused(&h, request().form(&[("grant_type", "client_credentials")]), 401).await;

    let answer = basic().form(&[("grant_type", "password")]).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_request");
}
