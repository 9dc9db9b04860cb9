//! The platform's operations for other processes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::checked::{AGENT, OTHER_AGENT, SPECIALISTS, SUPPORT, shape};
use crate::support::Harness;

#[tokio::test]
async fn a_conversation_is_steered_over_http() {
    let h = Harness::start().await;
    let sim = async |method: Method, path: &str, body: Option<Value>| {
        let request = h.http.request(method, format!("{}/_sim/platform/conversations{path}", h.sim.url()));
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap_or_default())
    };
    let (status, created) = sim(Method::POST, "", Some(json!({"attributes": {"a": "b"}}))).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = created["conversation_id"].as_str().unwrap();

    let none = || None;
    let agent = |id: &str| Some(json!({"agent_user_id": id}));
    for (operation, body) in [
        ("bot", none()),
        ("bot-message", Some(json!({"text": "hello"}))),
        ("customer-message", Some(json!({"text": "hi"}))),
        ("queue", Some(json!({"queue_id": SUPPORT}))),
        ("offer", agent(AGENT)),
        ("no-answer", none()),
        ("answer", agent(AGENT)),
        ("agent-message", Some(json!({"text": "yes?"}))),
        ("park", Some(json!({"resume_after_s": 60}))),
        ("unpark", none()),
        ("transfer", Some(json!({"queue_id": SPECIALISTS}))),
        ("complete-transfer", agent(OTHER_AGENT)),
        ("inactivity", none()),
        ("answer", agent(AGENT)),
        ("agent-end", none()),
        ("customer-message", Some(json!({"text": "wait"}))),
        ("expire-session", none()),
    ] {
        let (status, answer) = sim(Method::POST, &format!("/{id}/{operation}"), body).await;
        assert_eq!(status, StatusCode::OK, "{operation}: {answer}");
        assert_eq!(answer.get("message_id").is_some(), operation.ends_with("-message"), "{operation}");
    }
    assert_eq!(sim(Method::PUT, &format!("/{id}/away"), Some(json!({"away": true}))).await.0, StatusCode::NO_CONTENT);
    let (_, shown) = sim(Method::GET, &format!("/{id}"), None).await;
    assert_eq!(shown, h.control.platform().conversation(id).unwrap());
    assert!(shape(&shown).iter().all(|(_, state, _)| state == "disconnected"));
    let (_, transcript) = sim(Method::GET, &format!("/{id}/transcript"), None).await;
    assert_eq!(transcript, json!(h.control.platform().transcript(id).unwrap()));

    assert_eq!(sim(Method::POST, &format!("/{id}/clear"), None).await.0, StatusCode::CONFLICT);
    assert_eq!(sim(Method::POST, &format!("/{id}/offer"), None).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(sim(Method::POST, &format!("/{id}/levitate"), None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(sim(Method::PUT, &format!("/{id}"), Some(json!(7))).await.0, StatusCode::NO_CONTENT);
    assert_eq!(sim(Method::GET, &format!("/{id}"), None).await.1, json!(7));
    assert_eq!(sim(Method::DELETE, &format!("/{id}"), None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(sim(Method::DELETE, &format!("/{id}"), None).await.0, StatusCode::NOT_FOUND);
    assert!(h.control.ledger().is_empty());
}

#[tokio::test]
async fn permissions_and_the_minting_limit_are_set_over_http() {
    let h = Harness::start().await;
    let put = |path: &str, body: Value| h.http.put(format!("{}/_sim/{path}", h.sim.url())).json(&body);
    let missing = json!({"permissions": ["conversation:threadingTimeline:view"]});
    assert_eq!(put("missing-permissions", missing).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let read = h.platform(Method::GET, "conversations/messaging/threadingtimeline");
    assert_eq!(read.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let limit = json!({"mints_per_minute": 0});
    assert_eq!(put("mint-limit", limit).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(h.token_request().send().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
}
