//! Answers as Genesys Cloud words them, and the broken ways they can be delivered.

use std::io;

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderName, HeaderValue, Response, StatusCode,
        header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{connection::Connection, tokens::Quota};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An answer before it is rendered.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Payload,
}

#[derive(Debug)]
enum Payload {
    Ready(Bytes),
    /// An `ErrorBody`, which needs the `contextId` that only the answer's rendering knows.
    Error(Box<Problem>),
}

/// What an `ErrorBody` says.
#[derive(Debug)]
struct Problem {
    message: String,
    code: &'static str,
    /// The message with its parameter's name in place of its value, the name and the value.
    param: Option<(String, &'static str, String)>,
    limit: Option<Value>,
}

/// How an answer reaches the caller, if it does.
#[derive(Debug)]
pub(crate) enum Delivery {
    Whole(Answer),
    /// The connection ends halfway through the body.
    Truncated(Answer),
    /// The connection is reset and nothing arrives.
    Reset,
}

// === impl Answer ===

impl Answer {
    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, &json!(body))
    }

    /// The work is taken on, not done; some calls say what it is.
    pub(crate) fn accepted(body: Option<Value>) -> Self {
        body.map_or_else(|| Self::empty(StatusCode::ACCEPTED), |body| Self::json(StatusCode::ACCEPTED, &body))
    }

    /// An API error: Genesys Cloud's `ErrorBody`.
    pub(crate) fn error(status: StatusCode, message: impl Into<String>) -> Self {
        let problem = Problem { message: message.into(), code: error_code(status), param: None, limit: None };
        Self { status, headers: Vec::new(), body: Payload::Error(Box::new(problem)) }
    }

    /// A login error, in OAuth's shape with the platform's extra `description`.
    pub(crate) fn oauth_error(status: StatusCode, description: &str) -> Self {
        let error = match status {
            StatusCode::BAD_REQUEST => "invalid_request",
            StatusCode::UNAUTHORIZED => "invalid_client",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_exceeded",
            _ => "server_error",
        };
        let body = json!({"error": error, "description": description, "error_description": description});
        Self::json(status, &body)
    }

    /// Gives an API error another code than its status has by itself.
    pub(crate) fn coded(self, code: &'static str) -> Self {
        self.map_problem(|problem| Problem { code, ..problem })
    }

    /// Tells an API error's message again with its parameter set apart.
    pub(crate) fn with_params(self, template: String, name: &'static str, value: String) -> Self {
        self.map_problem(|problem| Problem { param: Some((template, name, value)), ..problem })
    }

    fn map_problem(self, change: impl FnOnce(Problem) -> Problem) -> Self {
        let body = match self.body {
            Payload::Error(problem) => Payload::Error(Box::new(change(*problem))),
            ready @ Payload::Ready(_) => ready,
        };
        Self { body, ..self }
    }

    pub(crate) fn too_many_requests(quota: Quota) -> Self {
        let Quota { allowed, reset_s: retry_after_s, .. } = quota;
        let limit = json!({
            "key": "client.credentials.token.rate.per.minute",
            "namespace": "platform.api",
            "value": allowed,
        });
        let message = format!("Rate limit exceeded the maximum. Retry the request in [{retry_after_s}] seconds");
        Self::error(StatusCode::TOO_MANY_REQUESTS, message)
            .map_problem(|problem| Problem { limit: Some(limit), ..problem })
            .with(RETRY_AFTER, retry_after_s.into())
    }

    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        let answer = Self::error(StatusCode::METHOD_NOT_ALLOWED, format!("only {allowed} is allowed here"));
        match HeaderValue::try_from(allowed) {
            Ok(allowed) => answer.with(ALLOW, allowed),
            Err(_) => answer,
        }
    }

    pub(crate) fn raw(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, content_type)], body: Payload::Ready(body.into()) }
    }

    /// A body that claims to be JSON and is not.
    pub(crate) fn malformed() -> Self {
        Self::raw(StatusCode::OK, JSON, r#"{"id": "#)
    }

    /// An answer that says nothing but its status.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Payload::Ready(Bytes::new()) }
    }

    fn json(status: StatusCode, body: &Value) -> Self {
        Self::raw(status, JSON, body.to_string())
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_quota(self, quota: Quota) -> Self {
        self.with(HeaderName::from_static("inin-ratelimit-count"), quota.count.into())
            .with(HeaderName::from_static("inin-ratelimit-allowed"), quota.allowed.into())
            .with(HeaderName::from_static("inin-ratelimit-reset"), quota.reset_s.into())
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn render(self, correlation_id: &str) -> (Response<Body>, Bytes) {
        let bytes = match self.body {
            Payload::Ready(bytes) => bytes,
            Payload::Error(problem) => error_body(self.status, &problem, correlation_id).to_string().into(),
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if !bytes.is_empty() {
            response.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        (response, bytes)
    }
}

fn error_body(status: StatusCode, problem: &Problem, correlation_id: &str) -> Value {
    let mut body = json!({
        "message": problem.message,
        "code": problem.code,
        "status": status.as_u16(),
        "messageParams": {},
        "contextId": correlation_id,
        "details": [],
        "errors": [],
    });
    if let Some((template, name, value)) = &problem.param {
        body["messageWithParams"] = json!(template);
        body["messageParams"] = json!({*name: value});
    }
    if let Some(limit) = &problem.limit {
        body["limit"] = limit.clone();
    }
    body
}

fn error_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "bad.credentials",
        403 => "missing.permissions",
        404 => "not.found",
        408 | 504 => "request.timeout",
        409 => "general.conflict",
        415 => "unsupported.media.type",
        429 => "too.many.requests.retry.after",
        503 => "service.unavailable",
        500.. => "internal.server.error",
        _ => "bad.request",
    }
}

// === impl Delivery ===

impl Delivery {
    /// The status the caller is meant to see.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Whole(answer) | Self::Truncated(answer) => Some(answer.status()),
            Self::Reset => None,
        }
    }

    pub(crate) fn map(self, change: impl FnOnce(Answer) -> Answer) -> Self {
        match self {
            Self::Whole(answer) => Self::Whole(change(answer)),
            Self::Truncated(answer) => Self::Truncated(change(answer)),
            Self::Reset => Self::Reset,
        }
    }

    pub(crate) fn into_response(self, correlation_id: &str, connection: &Connection) -> Response<Body> {
        match self {
            Self::Whole(answer) => {
                let (response, bytes) = answer.render(correlation_id);
                response.map(|_| Body::from(bytes))
            }
            Self::Truncated(answer) => {
                let (mut response, bytes) = answer.render(correlation_id);
                response.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
                response.map(|_| half(&bytes))
            }
            Self::Reset => {
                connection.sever();
                Response::new(Body::empty())
            }
        }
    }
}

/// The first half of a body, then an error, upon which the server gives up the connection.
fn half(bytes: &Bytes) -> Body {
    let head = bytes.slice(..bytes.len() / 2);
    let cut = async {
        // Lets the server flush the head first, or the caller would see no answer at all.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::UnexpectedEof))
    };
    Body::from_stream(stream::iter([Ok(head)]).chain(stream::once(cut)))
}
