//! The guest's two doors: `/v1`, where browsers open their sockets, and the history.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Query, Request, State, WebSocketUpgrade},
    http::{HeaderMap, Response, StatusCode, header::ORIGIN},
    response::IntoResponse,
    routing::get,
};
use serde::Deserialize;

use super::{history, socket::serve};
use crate::{Route, channels::answer, world::Shared};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Door {
    #[serde(default)]
    deployment_id: String,
}

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/v1", get(connect)).route("/api/v2/webmessaging/messages", get(read_history))
}

async fn connect(
    State(shared): State<Arc<Shared>>,
    Query(door): Query<Door>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response<Body> {
    let (serial, orders) = {
        let mut world = shared.world();
        if door.deployment_id.is_empty() {
            return StatusCode::BAD_REQUEST.into_response();
        }
        if !is_allowed(&world.options.guest_allowed_domains, &headers) {
            return StatusCode::FORBIDDEN.into_response();
        }
        world.guests.open()
    };
    upgrade.on_upgrade(move |socket| serve(shared, socket, serial, orders))
}

async fn read_history(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    answer(shared, request, Route::GuestHistory, history::read).await
}

/// Whether the page that asks is of an allowed domain. No list allows everyone, be it no page at all.
pub(crate) fn is_allowed(domains: &[String], headers: &HeaderMap) -> bool {
    if domains.is_empty() {
        return true;
    }
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = origin.and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = host.map(|host| host.split(':').next().unwrap_or_default());
    host.is_some_and(|host| {
        let is_in =
            |domain: &String| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        domains.iter().any(is_in)
    })
}
