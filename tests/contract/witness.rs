//! What stands between us and Prism, hands on every request and every answer as they are, and notes how each was judged. It also
//! is the login host.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::prism::Prism;

/// Longer than any answer takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// More than any request or answer has.
const MOST: usize = 8 << 20;

/// Prism, and whoever watches it.
pub(crate) struct Witness {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _prism: Prism,
}

struct Shared {
    prism: String,
    client: reqwest::Client,
    seen: watch::Sender<Vec<Judged>>,
}

/// A request, and what Prism made of it.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) status: StatusCode,
    /// What was wrong with the request.
    pub(crate) violations: Vec<String>,
    pub(crate) answer: Bytes,
}

impl Witness {
    pub(crate) async fn of(prism: Prism) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = client.timeout(PATIENCE).build().unwrap();
        let shared = Arc::new(Shared { prism: prism.url.clone(), client, seen: watch::Sender::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/oauth/token", post(token)).fallback(hand_on).with_state(shared.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, shared, _prism: prism }
    }

    /// What was judged since this was last asked.
    pub(crate) fn take(&self) -> Vec<Judged> {
        self.shared.seen.send_replace(Vec::new())
    }

    /// Waits until so many requests were judged since then.
    pub(crate) async fn saw(&self, count: usize) {
        let mut seen = self.shared.seen.subscribe();
        let is_enough = timeout(PATIENCE, seen.wait_for(|seen| seen.len() >= count)).await.is_ok();
        assert!(is_enough, "{:#?}", self.take());
    }
}

impl Judged {
    /// What was asked.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

async fn token() -> Json<Value> {
    Json(json!({"access_token": "a-token", "token_type": "bearer", "expires_in": 86_400}))
}

async fn hand_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().to_string();
    let mut headers = parts.headers;
    headers.remove(HOST);
    let url = format!("{}{path}", shared.prism);
    let answer = shared.client.request(parts.method.clone(), url).headers(headers).body(body).send().await;
    let Ok(answer) = answer else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let Ok(answer) = answer.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let violations = violations(status, &headers, &answer);
    let judged = Judged { method: parts.method, path, status, violations, answer: answer.clone() };
    shared.seen.send_modify(|seen| seen.push(judged));
    for hop in [CONNECTION, TRANSFER_ENCODING] {
        headers.remove(hop);
    }
    (status, headers, Body::from(answer)).into_response()
}

/// What Prism has against a request: named in a header, or, where it knows no such request at all, in the answer.
fn violations(status: StatusCode, headers: &HeaderMap, answer: &[u8]) -> Vec<String> {
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json")) {
        return vec![String::from_utf8_lossy(answer).into_owned()];
    }
    let named =
        headers.get("sl-violations").map_or(Value::Null, |named| serde_json::from_slice(named.as_bytes()).unwrap());
    let named = named.as_array().into_iter().flatten().filter(|violation| violation["location"][0] != "response");
    let violations: Vec<String> = named.map(Value::to_string).collect();
    if violations.is_empty() && !status.is_success() {
        // No description of ours has Prism answer so to a request that is in order.
        return vec![format!("answered {status}, and no word of why")];
    }
    violations
}
