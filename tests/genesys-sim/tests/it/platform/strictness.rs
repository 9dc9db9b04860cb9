//! Every breach of the platform's contract is refused and stands in the ledger.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::Harness;

/// Sends a call that breaks the contract.
async fn refused(h: &Harness, request: RequestBuilder, status: u16) {
    h.control.clear_ledger();
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), status, "{}", answer.text().await.unwrap());
    let entry = h.control.ledger().pop().unwrap();
    assert_eq!(entry.status, Some(status));
    assert!(!entry.effect_applied && entry.violation.is_some(), "{entry:?}");
}

#[tokio::test]
async fn reads_that_carry_something() {
    let h = Harness::start().await;
    let id = h.served().conversation_id;
    let read = |tail: &str| h.platform(Method::GET, &format!("conversations/messages/{id}{tail}"));
    refused(&h, read("").json(&json!({})), 400).await;
    refused(&h, read("?expand=all"), 400).await;
    refused(&h, read("/messages/m1?useNormalizedMessage=yes"), 400).await;
    refused(&h, h.platform(Method::GET, "tokens/me?preserve=true"), 400).await;
}

#[tokio::test]
async fn paths_and_methods_that_the_platform_does_not_have() {
    let h = Harness::start().await;
    let id = h.served().conversation_id;
    refused(&h, h.platform(Method::POST, &format!("conversations/messages/{id}/participants/p1/replace")), 404).await;
    refused(&h, h.platform(Method::GET, &format!("conversations/messages/{id}/participants")), 404).await;
    let put = h.platform(Method::PUT, &format!("conversations/messages/{id}"));
    let answer = put.try_clone().unwrap().send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET, PATCH");
    refused(&h, put, 405).await;
    refused(&h, h.platform(Method::POST, "conversations/messaging/threadingtimeline"), 405).await;
}

#[tokio::test]
async fn updates_of_attributes_that_are_none() {
    let h = Harness::start().await;
    let served = h.served();
    let path = format!("conversations/{}/participants/{}/attributes", served.conversation_id, served.customer_id);
    for body in [
        json!({}),
        json!([]),
        json!({"customAttributes": {}}),
        json!({"attributes": {"count": 2}}),
        json!({"attributes": {"count": null}}),
        json!({"attributes": {}, "version": 1}),
    ] {
        refused(&h, h.platform(Method::PATCH, &path).json(&body), 400).await;
    }
    refused(&h, h.platform(Method::PATCH, &path).body("{}"), 415).await;
}

#[tokio::test]
async fn agentless_messages_that_webmessaging_does_not_take() {
    let h = Harness::start().await;
    let to = h.served();
    let good = json!({
        "fromAddress": to.deployment_id,
        "externalContactId": to.external_contact_id,
        "toAddressMessengerType": "webmessaging",
        "textBody": "x".repeat(2000),
        "useExistingActiveConversation": true,
    });
    let send = |body: &Value| h.platform(Method::POST, "conversations/messages/agentless").json(body);
    for (key, value) in [
        ("fromAddress", json!("another deployment")),
        ("fromAddress", json!(null)),
        ("externalContactId", json!(null)),
        ("toAddress", json!("+13175555555")),
        ("toAddressMessengerType", json!("sms")),
        ("textBody", json!("")),
        ("textBody", json!("x".repeat(2001))),
        ("useExistingActiveConversation", json!("true")),
        ("authorId", json!("system")),
    ] {
        let mut body = good.clone();
        body[key] = value;
        refused(&h, send(&body), 400).await;
    }
    assert!(h.control.platform().transcript(&to.conversation_id).unwrap().is_empty());
    assert_eq!(send(&good).send().await.unwrap().status().as_u16(), 202);
}

#[tokio::test]
async fn too_many_message_ids() {
    let h = Harness::start().await;
    let id = h.served().conversation_id;
    let bulk = || h.platform(Method::POST, &format!("conversations/messages/{id}/messages/bulk"));
    refused(&h, bulk().json(&vec!["m"; 1001]), 400).await;
    refused(&h, bulk().json(&json!({"ids": []})), 400).await;
    assert_eq!(bulk().json(&vec!["m"; 1000]).send().await.unwrap().status().as_u16(), 200);
}
