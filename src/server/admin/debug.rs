//! What whoever runs the service may see and change: `/debug/config` and `/debug/log-level`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Extension, Router};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

use crate::peer::Peer;
use crate::server::access::Access;
use crate::server::connect;
use crate::telemetry::logs::Levels;

/// The longest list of levels, in bytes.
const LONGEST: usize = 4 * 1024;

/// What the pages show and change.
#[derive(Debug, Clone)]
pub struct Debug {
    /// Who may.
    pub access: Access,
    /// The configuration in force, secrets redacted.
    pub config: Arc<str>,
    /// The log's levels, if this process has any to change.
    pub levels: Option<Levels>,
}

pub(super) fn router(debug: Debug) -> Router {
    Router::new()
        .route("/debug/config", get(config))
        .route("/debug/log-level", put(log_level).layer(DefaultBodyLimit::max(LONGEST)))
        .route_layer(from_fn_with_state(debug.access.clone(), operators_only))
        .with_state(debug)
}

async fn operators_only(
    State(access): State<Access>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut head, body) = request.into_parts();
    if let Some(Extension(ConnectInfo(addr))) = peer {
        head.extensions.insert(Peer::new(addr));
    }
    match access.admit_operator(&head).await {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(error) => connect::answer(error),
    }
}

async fn config(State(debug): State<Debug>) -> Response {
    let toml = [(CONTENT_TYPE, HeaderValue::from_static("application/toml; charset=utf-8"))];
    (toml, debug.config.to_string()).into_response()
}

/// Sets the levels, in the words of `RUST_LOG`, until the process ends.
async fn log_level(State(debug): State<Debug>, directives: String) -> Response {
    let Some(levels) = &debug.levels else {
        return (StatusCode::CONFLICT, "this process has no log of its own\n").into_response();
    };
    match levels.set(directives.trim()) {
        Ok(()) => {
            tracing::warn!(levels = directives.trim(), "the log's levels were changed");
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => {
            let message = format!("{why}; write levels as RUST_LOG has them, such as info,session_resumption=debug\n");
            (StatusCode::BAD_REQUEST, message).into_response()
        }
    }
}
