//! Roles that lack a permission, and a login host that has had enough.

use std::time::Duration;

use genesys_sim::{Route, SimOptions};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Harness, expect};

/// The operations that the simulator serves, with a body that each takes.
const OPERATIONS: &[(&str, &str)] = &[
    ("get", "/api/v2/conversations/{conversationId}"),
    ("delete", "/api/v2/conversations/{conversationId}"),
    ("post", "/api/v2/conversations/{conversationId}/disconnect"),
    ("patch", "/api/v2/conversations/messages/{conversationId}"),
    ("get", "/api/v2/conversations/messages/{messageId}/details"),
    ("get", "/api/v2/conversations/messages/{conversationId}/messages/{messageId}"),
    ("post", "/api/v2/conversations/messages/{conversationId}/messages/bulk"),
    ("post", "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages"),
    ("post", "/api/v2/conversations/messages/agentless"),
    ("patch", "/api/v2/conversations/messages/{conversationId}/participants/{participantId}"),
    ("get", "/api/v2/conversations/{conversationId}/customattributes"),
    ("put", "/api/v2/conversations/{conversationId}/customattributes"),
    ("patch", "/api/v2/conversations/{conversationId}/customattributes"),
    ("get", "/api/v2/conversations/{conversationId}/customattributes/{attributesId}"),
    ("get", "/api/v2/conversations/messaging/threadingtimeline"),
];

#[tokio::test]
async fn every_call_needs_what_the_platform_says_it_needs() {
    let h = Harness::start().await;
    let document: Value = serde_json::from_str(include_str!("../../../../genesys/openapi-subset.json")).unwrap();
    for (method, path) in OPERATIONS {
        let needed = &document["paths"][path][method]["x-inin-requires-permissions"]["permissions"];
        let needed: Vec<String> = serde_json::from_value(needed.clone()).unwrap();
        assert!(!needed.is_empty(), "{path}");
        h.control.set_missing_permissions(needed.clone());
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let path = path.strip_prefix("/api/v2/").unwrap();
        let refused = expect(h.platform(method.clone(), path), StatusCode::FORBIDDEN).await;
        let several = needed.len() > 1;
        let code = if several { "missing.any.permissions" } else { "missing.permissions" };
        assert_eq!(refused["code"], code, "{path}");
        for permission in &needed {
            assert!(refused["message"].as_str().unwrap().contains(permission), "{refused}");
            assert!(refused["messageParams"]["permissions"].as_str().unwrap().contains(permission));
        }
        if several {
            h.control.set_missing_permissions(needed[1..].to_vec());
            let answer = h.platform(method, path).send().await.unwrap();
            assert_ne!(answer.status(), StatusCode::FORBIDDEN, "one of them is enough for {path}");
        }
    }
}

#[tokio::test]
async fn a_missing_permission_is_told_as_the_platform_tells_it() {
    let missing_permissions = vec!["conversation:communication:view".to_owned()];
    let h = Harness::with(SimOptions { missing_permissions, ..SimOptions::default() }).await;
    let id = h.served().conversation_id;
    let read = || h.platform(Method::GET, &format!("conversations/{id}"));
    let refused = expect(read(), StatusCode::FORBIDDEN).await;
    let text = "Unable to perform the requested action. You are missing the following permission(s): ";
    assert_eq!(refused["message"], json!(format!("{text}conversation:communication:view")));
    assert_eq!(refused["messageWithParams"], json!(format!("{text}{{permissions}}")));
    assert_eq!(refused["messageParams"], json!({"permissions": "conversation:communication:view"}));
    assert_eq!(h.control.calls(Route::PlatformConversationRead)[0].violation, None);
    expect(h.platform(Method::GET, &format!("conversations/messages/{id}")), StatusCode::OK).await;
    h.control.set_missing_permissions(Vec::new());
    expect(read(), StatusCode::OK).await;
}

#[tokio::test]
async fn tokens_can_be_had_only_so_often() {
    let h = Harness::with(SimOptions { mints_per_minute: Some(2), ..SimOptions::default() }).await;
    h.issue_token().await;
    let answer = h.token_request().send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    h.control.advance(Duration::from_secs(wait));
    h.issue_token().await;
    h.control.set_mint_limit(None);
    for _ in 0..5 {
        h.issue_token().await;
    }
}
