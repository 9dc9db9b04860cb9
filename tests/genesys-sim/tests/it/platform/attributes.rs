//! Attributes: those that appear later and overwrite each other, and those with a version.

use std::time::Duration;

use genesys_sim::{SimOptions, VersionMismatch};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{Harness, expect, until};

/// Long enough that only the simulator's clock can bring it about.
const DELAY: Duration = Duration::from_hours(1);

async fn slow() -> Harness {
    Harness::with(SimOptions { attribute_delay: DELAY, ..SimOptions::default() }).await
}

fn set(h: &Harness, id: &str, participant: &str, attributes: &Value) -> RequestBuilder {
    h.platform(Method::PATCH, &format!("conversations/{id}/participants/{participant}/attributes"))
        .json(&json!({"attributes": attributes}))
}

fn shown(h: &Harness, id: &str) -> Value {
    h.control.platform().conversation(id).unwrap()["participants"][0]["attributes"].clone()
}

#[tokio::test]
async fn an_update_is_to_be_seen_only_after_its_delay() {
    let h = slow().await;
    let served = h.served();
    let id = &served.conversation_id;
    let answer = set(&h, id, &served.customer_id, &json!({"count": "1"})).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert!(answer.headers().get("content-type").is_none());
    assert_eq!(answer.text().await.unwrap(), "");

    assert_eq!(shown(&h, id), json!({}));
    h.control.advance(DELAY / 2);
    assert_eq!(shown(&h, id), json!({}));
    h.control.advance(DELAY / 2);
    assert_eq!(shown(&h, id), json!({"count": "1"}));
}

#[tokio::test]
async fn the_last_update_wins_and_the_rest_is_kept() {
    let h = slow().await;
    let served = h.served();
    let id = &served.conversation_id;
    for attributes in [json!({"count": "1", "a": "x"}), json!({"count": "2"}), json!({"b": "y"})] {
        let media = h
            .platform(
                Method::PATCH,
                &format!("conversations/messages/{id}/participants/{}/attributes", served.customer_id),
            )
            .json(&json!({"attributes": attributes}));
        assert_eq!(expect(media, StatusCode::ACCEPTED).await, json!({"attributes": attributes}));
    }
    h.control.advance(DELAY);
    assert_eq!(shown(&h, id), json!({"a": "x", "b": "y", "count": "2"}));
}

#[tokio::test]
async fn an_update_appears_by_itself() {
    let h = Harness::with(SimOptions { attribute_delay: Duration::from_millis(5), ..SimOptions::default() }).await;
    let served = h.served();
    let id = &served.conversation_id;
    set(&h, id, &served.customer_id, &json!({"count": "1"})).send().await.unwrap();
    let topic = format!("v2.detail.events.conversation.{id}.attributes");
    until(|| !h.control.platform().published(&topic).is_empty()).await;
    assert_eq!(h.control.platform().published(&topic)[0]["attributes"], json!({"count": "1"}));
}

#[tokio::test]
async fn a_version_that_is_given_must_be_the_current_one() {
    let h = Harness::start().await;
    let id = h.served().conversation_id;
    let path = format!("conversations/{id}/customattributes");
    let write = |method, body: Value| h.platform(method, &path).json(&body);
    let put = json!({"id": "r", "schemaId": "s", "customAttributes": {"count": 1, "by": "a"}});
    assert_eq!(expect(write(Method::PUT, put.clone()), StatusCode::OK).await, json!({"id": "r"}));
    let amend = |version: i64, count: i64| json!({"id": "r", "version": version, "customAttributes": {"count": count}});
    let answer = write(Method::PATCH, amend(1, 2)).send().await.unwrap();
    assert_eq!((answer.status(), answer.text().await.unwrap()), (StatusCode::OK, String::new()));

    let refused = expect(write(Method::PATCH, amend(1, 3)), StatusCode::CONFLICT).await;
    assert_eq!(refused["code"], "general.conflict");
    let record = expect(h.platform(Method::GET, &format!("{path}/r")), StatusCode::OK).await;
    assert_eq!(record["version"], 2);
    assert_eq!(record["customAttributes"], json!({"count": 2, "by": "a"}));

    expect(write(Method::PUT, put), StatusCode::OK).await;
    let list = expect(h.platform(Method::GET, &path), StatusCode::OK).await;
    assert_eq!(list["results"][0]["version"], 3);
    assert_eq!(list["results"][0]["customAttributes"], json!({"count": 1, "by": "a"}), "a PUT replaces");
    assert!(h.control.ledger().iter().all(|call| call.violation.is_none()));
}

#[tokio::test]
async fn a_version_mismatch_may_be_a_bad_request() {
    let options = SimOptions { version_mismatch: VersionMismatch::BadRequest, ..SimOptions::default() };
    let h = Harness::with(options).await;
    let path = format!("conversations/{}/customattributes", h.served().conversation_id);
    let put = json!({"id": "r", "schemaId": "s", "version": 7, "customAttributes": {}});
    expect(h.platform(Method::PUT, &path).json(&put), StatusCode::OK).await;
    let refused = expect(h.platform(Method::PUT, &path).json(&put), StatusCode::BAD_REQUEST).await;
    assert!(refused["message"].as_str().unwrap().contains("does not match the current version"));
    assert_eq!(h.control.ledger()[1].violation, None, "a race is no breach of the contract");
}

#[tokio::test]
async fn a_record_needs_a_schema_to_be_created() {
    let h = Harness::start().await;
    let path = format!("conversations/{}/customattributes", h.served().conversation_id);
    let bare = json!({"id": "r", "customAttributes": {}});
    expect(h.platform(Method::PUT, &path).json(&bare), StatusCode::BAD_REQUEST).await;
    expect(h.platform(Method::PATCH, &path).json(&bare), StatusCode::NOT_FOUND).await;
    expect(h.platform(Method::GET, &format!("{path}/r")), StatusCode::NOT_FOUND).await;
}
