//! Calls whose answers are held against the platform's own description, one by one.

use std::sync::LazyLock;

use genesys_sim::{CreatedPlatform, NewPlatformConversation};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{schema::OPENAPI, support::Harness};

static PATHS: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(include_str!("../../../../genesys/openapi-subset.json")).unwrap();
    document["paths"].take()
});

pub(crate) const SUPPORT: &str = "10000000-aaaa-4bbb-8ccc-000000000001";
pub(crate) const SPECIALISTS: &str = "10000000-aaaa-4bbb-8ccc-000000000002";
pub(crate) const AGENT: &str = "20000000-aaaa-4bbb-8ccc-000000000001";
pub(crate) const OTHER_AGENT: &str = "20000000-aaaa-4bbb-8ccc-000000000002";

/// Makes calls and keeps count of the answers that are as described, and of those that are not.
pub(crate) struct Checked<'a> {
    h: &'a Harness,
    pub(crate) validated: usize,
    pub(crate) failures: Vec<String>,
}

/// What the platform says of a conversation's legs: purpose, state and disconnect type, in order.
pub(crate) type Shape = Vec<(String, String, Option<String>)>;

impl Harness {
    /// A call of the platform's API with nothing but the token on it.
    pub(crate) fn platform(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/v2/{path}", self.sim.url())).bearer_auth(&self.token)
    }

    /// A platform conversation in which an agent has answered.
    pub(crate) fn served(&self) -> CreatedPlatform {
        let agent_user_id = Some(AGENT.to_owned());
        self.created(NewPlatformConversation { agent_user_id, ..queued() })
    }

    pub(crate) fn created(&self, new: NewPlatformConversation) -> CreatedPlatform {
        self.control.platform().create(new).unwrap()
    }
}

pub(crate) fn queued() -> NewPlatformConversation {
    NewPlatformConversation { queue_id: Some(SUPPORT.to_owned()), ..NewPlatformConversation::default() }
}

pub(crate) fn shape(conversation: &Value) -> Shape {
    let text = |leg: &Value, key: &str| leg[key].as_str().map(str::to_owned);
    let legs = conversation["participants"].as_array().unwrap().iter();
    legs.map(|leg| (text(leg, "purpose").unwrap(), text(leg, "state").unwrap(), text(leg, "disconnectType"))).collect()
}

/// The operation that a call is, found by the template that has the most literal segments.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path: Vec<_> = path.split('?').next()?.split('/').collect();
    let literals = |template: &str| {
        let template: Vec<_> = template.strip_prefix("/api/v2/")?.split('/').collect();
        let fits = template.len() == path.len()
            && template.iter().zip(&path).all(|(expected, given)| expected.starts_with('{') || expected == given);
        fits.then(|| template.iter().filter(|segment| !segment.starts_with('{')).count())
    };
    let templates = PATHS.as_object()?.iter().filter_map(|(template, operations)| {
        let operation = operations.get(method.as_str().to_lowercase())?;
        Some((literals(template)?, operation))
    });
    templates.max_by_key(|(literals, _)| *literals).map(|(_, operation)| operation)
}

/// What is wrong with an answer, by the description of its operation.
fn errors(operation: &Value, status: u16, body: Option<&Value>) -> Vec<String> {
    let response = &operation["responses"][status.to_string()];
    if response.is_null() {
        return vec![format!("{status} is not described")];
    }
    match (response.get("schema"), body) {
        (Some(schema), Some(body)) => OPENAPI.errors_of(schema, body),
        (Some(_), None) => vec!["the body is missing".to_owned()],
        (None, None) => Vec::new(),
        // Where only 200 has a schema, 202 tells the same if it tells anything.
        (None, Some(body)) => match operation["responses"]["200"].get("schema") {
            Some(schema) => OPENAPI.errors_of(schema, body),
            None => vec!["there should be no body".to_owned()],
        },
    }
}

impl<'a> Checked<'a> {
    pub(crate) fn new(h: &'a Harness) -> Self {
        Self { h, validated: 0, failures: Vec::new() }
    }

    pub(crate) async fn get(&mut self, path: &str, status: u16) -> Value {
        self.send(Method::GET, path, None, status).await
    }

    /// Makes a call; its answer must have this status, and what else is wrong with it is kept.
    pub(crate) async fn send(&mut self, method: Method, path: &str, body: Option<Value>, status: u16) -> Value {
        let request = self.h.platform(method, path);
        self.check(if let Some(body) = body { request.json(&body) } else { request }, path, status).await
    }

    pub(crate) async fn check(&mut self, request: RequestBuilder, path: &str, status: u16) -> Value {
        let request = request.build().unwrap();
        let method = request.method().clone();
        let call = format!("{method} {path} {status}");
        let answer = self.h.http.execute(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{call}");

        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let correlation_id = header("inin-correlation-id");
        let quota = ["count", "allowed", "reset"].map(|what| header(&format!("inin-ratelimit-{what}")));
        let json = header("content-type").is_some_and(|value| value == "application/json");
        let text = answer.text().await.unwrap();
        let body: Option<Value> = (!text.is_empty()).then(|| serde_json::from_str(&text).unwrap());

        let mut wrong = match operation(&method, path) {
            Some(operation) => errors(operation, status, body.as_ref()),
            None => vec!["it is not described".to_owned()],
        };
        if json != body.is_some() {
            wrong.push("the content type does not go with the body".to_owned());
        }
        // Who is not let in has no budget.
        if status != 401 && quota.iter().any(Option::is_none) {
            wrong.push("the budget is not told".to_owned());
        }
        let body = body.unwrap_or_default();
        if status >= 400 {
            wrong.extend(slips(&body, status, correlation_id.as_deref()));
        }
        self.validated += 1;
        self.failures.extend(wrong.into_iter().map(|wrong| format!("{call}: {wrong}")));
        body
    }

    pub(crate) fn assert_flawless(&self) {
        assert!(self.failures.is_empty(), "{} of {}: {:#?}", self.failures.len(), self.validated, self.failures);
    }
}

/// What an error body lacks that every error body of the platform has.
fn slips(body: &Value, status: u16, correlation_id: Option<&str>) -> Vec<String> {
    let fixture: Value = serde_json::from_str(include_str!("../../../../genesys/fixtures/error.409.json")).unwrap();
    let lacking = fixture.as_object().unwrap().keys().filter(|key| body.get(key).is_none());
    let mut slips: Vec<_> = lacking.map(|key| format!("the error lacks {key}")).collect();
    if body["status"] != json!(status) {
        slips.push("the error tells another status".to_owned());
    }
    if correlation_id.is_none() || body["contextId"].as_str() != correlation_id {
        slips.push("the error tells another correlation id".to_owned());
    }
    slips
}

#[test]
fn a_wrong_answer_is_found() {
    let read = operation(&Method::GET, "conversations/messages/c1").unwrap();
    assert_eq!(errors(read, 200, Some(&json!({"id": "c1"}))), [""; 0]);
    for (status, body) in [
        (200, Some(json!({"id": 1}))),
        (200, Some(json!({"identity": "c1"}))),
        (200, Some(json!({"participants": [{"state": "away"}]}))),
        (200, None),
        (299, None),
    ] {
        assert_eq!(errors(read, status, body.as_ref()).len(), 1, "{status} {body:?}");
    }
    assert_eq!(slips(&json!({}), 400, None).len(), 9);
    let details = operation(&Method::GET, "conversations/messages/m1/details").unwrap();
    assert_ne!(details, read);
    assert!(operation(&Method::DELETE, "conversations/messages/c1").is_none());
}
