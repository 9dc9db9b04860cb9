//! What a guest may not do, and how it is told.

use genesys_sim::SimOptions;
use serde_json::json;

use crate::{
    guest_client::TOKEN,
    support::Harness,
    ws::{End, Socket},
};

#[tokio::test]
async fn only_pages_of_an_allowed_domain_get_a_socket() {
    let domains = vec!["shop.example".to_owned()];
    let h = Harness::with(SimOptions { guest_allowed_domains: domains, ..SimOptions::default() }).await;
    for origin in ["https://shop.example", "https://www.shop.example", "https://shop.example:8443"] {
        assert!(Socket::open_from(&h.guest_uri(), Some(origin)).await.is_ok(), "{origin}");
    }
    for origin in [None, Some("https://myshop.example"), Some("https://shop.example.evil"), Some("null")] {
        assert_eq!(Socket::open_from(&h.guest_uri(), origin).await.err(), Some(403), "{origin:?}");
    }
    let nowhere = h.guest_uri().replace("deploymentId=d1", "x=y");
    assert_eq!(Socket::open_from(&nowhere, None).await.err(), Some(400));
}

#[tokio::test]
async fn a_guest_who_talks_too_fast_is_told_when_to_go_on() {
    let h = Harness::with(SimOptions { guest_messages_per_second: 0, ..SimOptions::default() }).await;
    let mut guest = h.guest(TOKEN).await;
    let refused = guest.say("hello").await;
    assert_eq!((&refused["class"], &refused["code"]), (&json!("TooManyRequestsErrorMessage"), &json!(429)));
    assert_eq!((&refused["body"]["errorCode"], &refused["body"]["retryAfter"]), (&json!(4029), &json!(1)));
    assert_eq!(h.state().conversation_id, None);
    assert_eq!(guest.presence("Clear").await["code"], 429);
    assert!(guest.missed().await.is_empty(), "an echo is no message");
}

#[tokio::test]
async fn one_socket_too_many_is_turned_away() {
    let h = Harness::with(SimOptions { guest_socket_limit: 2, ..SimOptions::default() }).await;
    let mut first = h.guest(TOKEN).await;
    let _second = h.guest(TOKEN).await;
    let third = h.guest(TOKEN).await;
    assert_eq!(third.seen[0]["class"], "ConnectionClosedEvent");
    assert_eq!(third.seen[0]["body"]["reasonCode"], "SessionLimitReached");
    assert_eq!(third.end().await, End::Closed(1000));
    assert_eq!(first.configure(json!({})).await["body"]["connected"], true, "a socket does not count against itself");
    assert_eq!(h.state().sockets, 2);
    assert_eq!(h.guest("another").await.seen[0]["class"], "SessionResponse");
}

#[tokio::test]
async fn a_token_belongs_to_one_deployment() {
    let h = Harness::start().await;
    h.guest(TOKEN).await;
    let mut other = h.stranger(TOKEN).await;
    let refused = other.configure(json!({"deploymentId": "d2"})).await;
    assert_eq!(refused["code"], 400);
    assert!(refused["body"].as_str().unwrap().contains("does not match the expected deployment Id"));
}

#[tokio::test]
async fn nothing_works_without_a_session_or_with_another_guests_token() {
    let h = Harness::start().await;
    let echo = json!({"message": {"type": "Text", "text": "ping"}});
    let mut guest = h.stranger(TOKEN).await;
    for (action, more) in [
        ("echo", echo.clone()),
        ("onMessage", echo.clone()),
        ("getJwt", json!({})),
        ("closeSession", json!({"closeAllConnections": true})),
    ] {
        assert_eq!(guest.ask(action, more).await["code"], 4007, "{action}");
    }
    guest.configure(json!({})).await;
    assert_eq!(guest.ask("echo", json!({"token": "another", "message": echo["message"]})).await["code"], 4007);
}

#[tokio::test]
async fn malformed_and_unplayed_requests_are_told_why() {
    let h = Harness::start().await;
    let mut guest = h.guest(TOKEN).await;
    guest.send_text("no JSON").await;
    assert_eq!(guest.frame().await["code"], 4020);
    let message = |message| json!({"message": message});
    let attributes = json!({"metadata": {"customAttributes": {"a": "x".repeat(2048)}}});
    for (action, more, code) in [
        ("dance", json!({}), 4020),
        ("configureSession", json!({}), 4020),
        ("getJwt", json!({"token": ""}), 4020),
        ("onMessage", message(json!({"text": "no type"})), 4020),
        ("onMessage", message(json!({"type": "Text"})), 4020),
        ("onMessage", message(json!({"type": "Text", "text": "x".repeat(4097)})), 4011),
        ("onMessage", message(json!({"type": "Text", "text": "x", "channel": attributes})), 4013),
        ("onMessage", message(json!({"type": "Structured"})), 4000),
        ("onAttachment", json!({}), 4000),
        ("configureAuthenticatedSession", json!({}), 4000),
    ] {
        let refused = guest.ask(action, more).await;
        assert_eq!((&refused["class"], &refused["code"]), (&json!("string"), &json!(code)), "{action}");
        assert_eq!(refused["tracingId"], "t-1");
    }
    assert_eq!(h.state().conversation_id, None);
}
