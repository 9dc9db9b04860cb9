//! Whether a request is one that the platform describes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use genesys_sim::{LedgerEntry, Route};
use serde_json::{Value, json};

use crate::schema::OPENAPI;

static PATHS: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(include_str!("../genesys/openapi-subset.json")).unwrap();
    document["paths"].take()
});

/// How many requests were held against the description, by all tests of this run so far.
static CHECKED: AtomicUsize = AtomicUsize::new(0);

/// Panics unless each call is described, is one that the simulator takes by the letter, and leaves its conversation alone.
#[track_caller]
pub(crate) fn assert_described(calls: &[LedgerEntry]) {
    let calls = calls.iter().filter(|call| call.route != Some(Route::Token));
    let mut failures = Vec::new();
    let mut count = 0;
    for call in calls {
        count += 1;
        let mut wrong = errors(&call.method, &call.path, call.body.as_ref());
        wrong.extend(call.violation.clone());
        if call.destructive {
            wrong.push("it can end a conversation".to_owned());
        }
        failures.extend(wrong.into_iter().map(|wrong| format!("{} {}: {wrong}", call.method, call.path)));
    }
    let so_far = CHECKED.fetch_add(count, Ordering::SeqCst) + count;
    println!("{so_far} requests held against the description so far, {} failures here", failures.len());
    assert!(failures.is_empty(), "{failures:#?}");
}

fn errors(method: &str, path: &str, body: Option<&Value>) -> Vec<String> {
    let Some(operation) = operation(method, path) else { return vec!["it is not described".to_owned()] };
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let expected = parameters.clone().find(|parameter| parameter["in"] == "body");
    let mut wrong = match (expected, body) {
        (Some(parameter), Some(body)) => OPENAPI.errors_of(&parameter["schema"], body),
        (Some(parameter), None) if parameter["required"] == true => vec!["the body is missing".to_owned()],
        (None, Some(_)) => vec!["there should be no body".to_owned()],
        (_, None) => Vec::new(),
    };
    for name in path.split_once('?').map_or("", |(_, query)| query).split('&').filter(|pair| !pair.is_empty()) {
        let name = name.split('=').next().unwrap();
        if !parameters.clone().any(|parameter| parameter["in"] == "query" && parameter["name"] == name) {
            wrong.push(format!("there is no parameter {name}"));
        }
    }
    wrong
}

/// The operation that a call is, found by the template that has the most literal segments.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path: Vec<_> = path.split('?').next()?.split('/').collect();
    let literals = |template: &str| {
        let template: Vec<_> = template.split('/').collect();
        let fits = template.len() == path.len()
            && template.iter().zip(&path).all(|(expected, given)| expected.starts_with('{') || expected == given);
        fits.then(|| template.iter().filter(|segment| !segment.starts_with('{')).count())
    };
    let described = PATHS
        .as_object()?
        .iter()
        .filter_map(|(template, operations)| Some((literals(template)?, operations.get(method.to_lowercase())?)));
    described.max_by_key(|(literals, _)| *literals).map(|(_, operation)| operation)
}

#[test]
fn a_wrong_request_is_found() {
    let agentless = "/api/v2/conversations/messages/agentless";
    let attributes = "/api/v2/conversations/c/participants/p/attributes";
    for (method, path, body, wrong) in [
        ("POST", agentless, Some(json!({"fromAddress": "d", "toAddressMessengerType": "webmessaging"})), 0),
        ("POST", agentless, Some(json!({"fromAddress": "d"})), 1),
        ("POST", agentless, Some(json!({"fromAddress": "d", "toAddressMessengerType": "fax"})), 1),
        ("POST", agentless, None, 1),
        ("PATCH", attributes, Some(json!({"attributes": {"a": "1"}})), 0),
        ("PATCH", attributes, Some(json!({"attributes": {"a": 1}})), 1),
        ("PATCH", attributes, Some(json!({"customAttributes": {}})), 1),
        ("POST", "/api/v2/conversations/messages/c/messages/bulk?useNormalizedMessage=true", Some(json!(["m"])), 0),
        ("POST", "/api/v2/conversations/messages/c/messages/bulk?normalized=true", Some(json!(["m"])), 1),
        ("GET", "/api/v2/conversations/messages/c", None, 0),
        ("GET", "/api/v2/conversations/messages/c", Some(json!({})), 1),
        ("POST", "/api/v2/conversations/messages/c", None, 1),
        ("GET", "/api/v2/conversations/messaging/c", None, 1),
    ] {
        assert_eq!(errors(method, path, body.as_ref()).len(), wrong, "{method} {path} {body:?}");
    }
}
