//! The control API over HTTP mirrors the library.

use genesys_sim::{Role, Status};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Harness, expect};

impl Harness {
    /// Calls a control route; returns the status and the body, null if there is none.
    pub(crate) async fn sim(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}/_sim/{path}", self.sim.url()));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Calls a control route of the conversation `c1` that answers with nothing.
    async fn act(&self, action: &str, body: Value) {
        let path = format!("conversations/c1/{action}");
        assert_eq!(self.sim(Method::POST, &path, body).await, (204, Value::Null), "{action}");
    }
}

async fn with_c1() -> Harness {
    let h = Harness::start().await;
    let new = json!({"conversation_id": "c1", "customer_id": "p1", "agent_user_id": "agent-7", "queue_id": "support"});
    let (status, created) = h.sim(Method::POST, "conversations", new).await;
    assert_eq!(status, 201);
    let agent = h.control.conversation("c1").unwrap().participants[1].id.clone();
    assert_eq!(created, json!({"conversation_id": "c1", "customer_id": "p1", "agent_participant_id": agent}));
    h
}

#[tokio::test]
async fn a_whole_resumption_is_played_over_http() {
    let h = with_c1().await;
    h.act("drop-customer", Value::Null).await;
    assert_eq!(expect(h.read("c1"), StatusCode::OK).await["status"], "DISCONNECTED");
    h.act("attach", json!({"agent_user_id": "agent-7"})).await;
    let (status, refused) = h.sim(Method::POST, "conversations/c1/attach", json!({})).await;
    assert_eq!((status, refused), (409, json!({"message": "conflict: the customer is already active"})));
    expect(h.patch("c1", "resumptionCount", "1"), StatusCode::OK).await;

    let (_, conversation) = h.sim(Method::GET, "conversations/c1", Value::Null).await;
    assert_eq!(conversation, expect(h.read("c1"), StatusCode::OK).await);
    assert_eq!(conversation["customAttributes"]["resumptionCount"], "1");

    let (_, ledger) = h.sim(Method::GET, "ledger", Value::Null).await;
    assert_eq!(ledger, json!(h.control.ledger()));
    let calls: Vec<_> = ledger.as_array().unwrap().iter().map(|call| (&call["route"], &call["status"])).collect();
    let ok = &json!(200);
    assert_eq!(calls, [(&json!("read"), ok), (&json!("patch"), ok), (&json!("read"), ok)]);
    assert_eq!(h.sim(Method::DELETE, "ledger", Value::Null).await.0, 204);
    assert!(h.control.ledger().is_empty());
}

#[tokio::test]
async fn every_transition_has_a_route() {
    let h = with_c1().await;
    let status = || h.control.conversation("c1").unwrap().status;
    h.act("transfer", json!({"target_queue_id": "specialists", "reason": "billing"})).await;
    assert_eq!(status(), Status::Transfer);
    h.act("complete-transfer", json!({"agent_user_id": "agent-9"})).await;
    assert_eq!(status(), Status::Active);
    h.act("queue", json!({"queue_id": "sales"})).await;
    assert_eq!(status(), Status::Queue);
    h.act("reroute", json!({"queue_id": "sales"})).await;
    assert_eq!(status(), Status::Reroute);
    assert_eq!(h.sim(Method::PUT, "conversations/c1/status", json!({"status": "PARKED"})).await.0, 204);
    assert_eq!(status(), Status::from("PARKED"));
    h.act("terminate", Value::Null).await;
    assert_eq!(status(), Status::Terminated);
    assert!(!h.control.conversation("c1").unwrap().has_active(Role::Customer));
    assert_eq!(h.sim(Method::DELETE, "conversations/c1", Value::Null).await.0, 204);
    assert_eq!(h.sim(Method::GET, "conversations/c1", Value::Null).await.0, 404);
}

#[tokio::test]
async fn transcript_and_attributes_are_written_and_read() {
    let h = with_c1().await;
    for (who, text) in [("customer", "hello"), ("agent", "good day")] {
        let path = format!("conversations/c1/{who}-message");
        let (status, said) = h.sim(Method::POST, &path, json!({"text": text})).await;
        assert_eq!(status, 200);
        assert_eq!(json!(h.control.transcript("c1").unwrap().last().unwrap().id), said["id"]);
    }
    let (_, transcript) = h.sim(Method::GET, "conversations/c1/transcript", Value::Null).await;
    assert_eq!(transcript, json!(h.control.transcript("c1").unwrap()));
    assert_eq!(h.sim(Method::PUT, "conversations/c1/attributes/tier", json!({"value": "gold"})).await.0, 204);
    assert_eq!(h.control.conversation("c1").unwrap().custom_attributes["tier"], "gold");
}

#[tokio::test]
async fn the_simulator_itself_is_steered() {
    let mut h = with_c1().await;
    let before = h.control.now();
    let (_, clock) = h.sim(Method::POST, "clock/advance", json!({"ms": 90_000})).await;
    assert!(clock["now"].as_str().unwrap() >= &*format!("{:.3}", before + std::time::Duration::from_secs(90)));
    assert_eq!(h.sim(Method::GET, "clock", Value::Null).await.0, 200);

    assert_eq!(h.sim(Method::PUT, "transcript-support", json!({"supported": false})).await.0, 204);
    expect(h.transcript("c1"), StatusCode::METHOD_NOT_ALLOWED).await;
    assert_eq!(h.sim(Method::POST, "tokens/expire", Value::Null).await.0, 204);
    expect(h.read("c1"), StatusCode::UNAUTHORIZED).await;
    h.token = h.issue_token().await;
    assert_eq!(h.sim(Method::PUT, "rate-limit", json!({"requests_per_minute": 1})).await.0, 204);
    expect(h.read("c1"), StatusCode::OK).await;
    expect(h.read("c1"), StatusCode::TOO_MANY_REQUESTS).await;
}

#[tokio::test]
async fn faults_are_scripted_and_cleared() {
    let h = with_c1().await;
    let script = json!({"route": "patch", "times": 5, "skip": 1, "fault": {"kind": "reset", "after_effect": true}});
    assert_eq!(h.sim(Method::POST, "faults", script).await.0, 204);
    expect(h.patch("c1", "a", "1"), StatusCode::OK).await;
    assert!(h.patch("c1", "a", "2").send().await.is_err());
    assert_eq!(h.sim(Method::DELETE, "faults", Value::Null).await.0, 204);
    assert_eq!(expect(h.read("c1"), StatusCode::OK).await["customAttributes"]["a"], "2");
    expect(h.patch("c1", "a", "3"), StatusCode::OK).await;

    for kind in [
        json!({"kind": "status", "code": 503}),
        json!({"kind": "delay", "ms": 1}),
        json!({"kind": "truncate"}),
        json!({"kind": "malformed"}),
        json!({"kind": "body", "status": 502, "content_type": "text/html", "body": ""}),
        json!({"kind": "hang", "ms": 1}),
    ] {
        assert_eq!(h.sim(Method::POST, "faults", json!({"route": "any_api", "fault": kind})).await.0, 204);
    }
    let nonsense = json!({"route": "read", "fault": {"kind": "status", "code": 42}});
    assert_eq!(h.sim(Method::POST, "faults", nonsense).await.0, 400);
}

#[tokio::test]
async fn control_calls_are_neither_recorded_nor_misunderstood() {
    let h = with_c1().await;
    assert!(h.control.ledger().is_empty());
    let misspelt = json!({"agent_user": "agent-7"});
    assert_eq!(h.sim(Method::POST, "conversations/c1/attach", misspelt).await.0, 422);
    assert_eq!(h.sim(Method::POST, "conversations/none/drop-customer", Value::Null).await.0, 404);
}
