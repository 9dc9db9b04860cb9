//! What runs out: a token's life, its budget, a conversation's patience.

use std::time::Duration;

use genesys_sim::{Route, SimOptions, Status};
use reqwest::{Response, StatusCode};

use crate::support::{Harness, expect, json_of};

fn header(answer: &Response, name: &str) -> u64 {
    answer.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_token_expires_on_the_simulators_clock() {
    let h = Harness::with(SimOptions { token_ttl: Duration::from_mins(5), ..SimOptions::default() }).await;
    let id = h.chat().conversation_id;
    expect(h.read(&id), StatusCode::OK).await;
    h.control.advance(Duration::from_mins(5));
    let body = expect(h.read(&id), StatusCode::UNAUTHORIZED).await;
    assert_eq!(body["code"], "bad.credentials");
    let calls = h.control.calls(Route::Read);
    assert_eq!(calls[1].violation, None, "nobody can know how long a token really lives");
    assert_eq!(calls[1].token_id.as_deref(), Some("t1"));
}

#[tokio::test]
async fn tokens_can_be_revoked_and_issued_anew() {
    let mut h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.expire_tokens();
    expect(h.read(&id), StatusCode::UNAUTHORIZED).await;
    h.token = h.issue_token().await;
    expect(h.read(&id), StatusCode::OK).await;
    h.token = "no-such-token".to_owned();
    expect(h.read(&id), StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn every_answer_tells_the_budget_and_the_budget_is_kept() {
    let h = Harness::with(SimOptions { requests_per_minute: 3, ..SimOptions::default() }).await;
    let id = h.chat().conversation_id;
    for (count, id) in [(1, &*id), (2, "unknown"), (3, &*id)] {
        let answer = h.read(id).send().await.unwrap();
        assert_ne!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(header(&answer, "inin-ratelimit-count"), count);
        assert_eq!(header(&answer, "inin-ratelimit-allowed"), 3);
        assert!((1..=60).contains(&header(&answer, "inin-ratelimit-reset")));
    }

    let answer = h.patch(&id, "a", "b").send().await.unwrap();
    assert!((1..=60).contains(&header(&answer, "retry-after")));
    assert_eq!(header(&answer, "inin-ratelimit-count"), 4);
    let body = json_of(answer, StatusCode::TOO_MANY_REQUESTS).await;
    assert_eq!(body["code"], "too.many.requests.retry.after");
    assert!(h.control.conversation(&id).unwrap().custom_attributes.is_empty(), "refused means not done");
    assert_eq!(h.control.calls(Route::Patch)[0].violation, None);
}

#[tokio::test]
async fn the_budget_is_renewed_after_a_minute() {
    let h = Harness::with(SimOptions { requests_per_minute: 1, ..SimOptions::default() }).await;
    let id = h.chat().conversation_id;
    expect(h.read(&id), StatusCode::OK).await;
    let refused = h.read(&id).send().await.unwrap();
    let wait = Duration::from_secs(header(&refused, "retry-after"));
    h.control.advance(wait);
    expect(h.read(&id), StatusCode::OK).await;
}

#[tokio::test]
async fn each_token_has_a_budget_and_issuing_costs_nothing() {
    let mut h = Harness::start().await;
    h.control.set_rate_limit(1);
    let id = h.chat().conversation_id;
    expect(h.read(&id), StatusCode::OK).await;
    expect(h.read(&id), StatusCode::TOO_MANY_REQUESTS).await;
    h.token = h.issue_token().await;
    expect(h.read(&id), StatusCode::OK).await;
}

#[tokio::test]
async fn a_conversation_left_alone_closes_itself() {
    let auto_close = Duration::from_mins(10);
    let h = Harness::with(SimOptions { auto_close: Some(auto_close), ..SimOptions::default() }).await;
    let (left, live) = (h.chat().conversation_id, h.chat().conversation_id);
    h.control.drop_customer(&left).unwrap();
    let since = h.control.conversation(&left).unwrap().updated_time;

    h.control.advance(Duration::from_mins(9));
    assert_eq!(expect(h.read(&left), StatusCode::OK).await["status"], "DISCONNECTED");
    h.control.advance(Duration::from_secs(61));
    assert_eq!(expect(h.read(&left), StatusCode::OK).await["status"], "TERMINATED");
    assert_eq!(expect(h.read(&live), StatusCode::OK).await["status"], "ACTIVE");

    let closed = h.control.conversation(&left).unwrap();
    assert_eq!(closed.updated_time, since + auto_close, "it closed then, not when somebody looked");
    assert!(closed.participants.iter().all(|leg| leg.status == Status::Disconnected));
    assert!(h.control.attach(&left, None).is_err());
}
