//! The answers that are no success, by HTTP status: the same for every method.

use serde_json::{Map, Value, json};

use super::error::{Case, examples};

/// Statuses, the names their descriptions stand under, and when they come. A status without a reason of its own is the
/// protocol's.
const REFUSALS: [(u16, &str, &str); 12] = [
    (400, "Refused", "`invalid_argument`: the request is wrong. `failed_precondition`: something has to happen first."),
    (401, "Unauthenticated", "`unauthenticated`: the call shows no valid credentials."),
    (403, "PermissionDenied", "`permission_denied`: the caller may not make this call."),
    (404, "NotFound", "`not_found`: there is no such handshake, for this caller."),
    (409, "Conflict", "`aborted`: two writes collided. `already_exists`: the name is taken."),
    (415, "UnsupportedMediaType", "`invalid_argument`: the body is of a type that is not read."),
    (429, "ResourceExhausted", "`resource_exhausted`: too much is asked; come back at the time given."),
    (499, "Canceled", "`canceled`: the call was cut off before it was answered."),
    (500, "Internal", "`internal`: a bug of the service. Do not repeat."),
    (501, "Unimplemented", "`unimplemented`: the body is compressed, which is not read."),
    (503, "Unavailable", "`unavailable`: the call cannot be answered now; come back at the time given."),
    (504, "DeadlineExceeded", "`deadline_exceeded`: the caller's time ran out. Repeating with the same ids is safe."),
];

/// Those that may tell when to come back.
const WITH_DELAY: [u16; 3] = [409, 429, 503];

/// For `components.responses`.
pub(super) fn components(error: &Value, cases: &[Case]) -> Value {
    let component = |(http, name, description): &(u16, &str, &str)| {
        let mut content = json!({"schema": error});
        let examples = examples(cases, *http);
        if !examples.is_empty() {
            content["examples"] = json!(examples);
        }
        let response = json!({
            "description": description,
            "headers": headers(*http),
            "content": {"application/json": content}
        });
        ((*name).to_owned(), response)
    };
    REFUSALS.iter().map(component).collect()
}

/// For the `responses` of a method, beside its success.
pub(super) fn references() -> Map<String, Value> {
    let reference = |name: &str| json!({"$ref": format!("#/components/responses/{name}")});
    REFUSALS.iter().map(|(http, name, _)| (http.to_string(), reference(name))).collect()
}

/// The headers that come with a status.
pub(super) fn headers(http: u16) -> Value {
    let mut names = vec!["X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    if WITH_DELAY.contains(&http) {
        names.push("Retry-After");
    }
    if http == 401 {
        names.push("WWW-Authenticate");
    }
    let reference = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    names.into_iter().map(|name| (name.to_owned(), reference(name))).collect()
}

/// For `components.headers`.
pub(super) fn header_components() -> Value {
    let seconds = |description: &str| json!({"description": description, "schema": {"type": "integer", "minimum": 0}});
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    json!({
        "X-Request-Id": text("Names the request: as the caller did, or anew."),
        "RateLimit-Limit": seconds("How many calls the caller has at once, where calls are limited."),
        "RateLimit-Remaining": seconds("How many of them are left."),
        "RateLimit-Reset": seconds("Seconds until all of them are there again."),
        "Retry-After": seconds("Seconds until repeating helps; RetryInfo tells it more exactly."),
        "WWW-Authenticate": text("Always `Bearer`.")
    })
}
