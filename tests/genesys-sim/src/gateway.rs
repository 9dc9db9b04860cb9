//! The way of every call: off the wire, through admission, into the ledger, and out.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Response, header::DATE, request::Parts},
    middleware::{self, Next},
};
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Control, admin,
    admission::{self, Admitted, admit},
    answer::Delivery,
    channels,
    connection::Connection,
    effect, guest,
    ledger::{Arrival, Outcome},
    perform::perform,
    route::Resource,
    world::{Shared, World},
};

#[derive(Debug, Clone)]
pub(crate) struct CorrelationId(pub(crate) String);

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .nest("/_sim", admin::router(Control::new(Arc::clone(&shared))))
        .merge(channels::router())
        .merge(guest::router())
        .fallback(serve)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), stamp))
        .with_state(shared)
}

/// Puts on every answer what every answer of Genesys Cloud carries.
async fn stamp(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response<Body> {
    let id = Uuid::new_v4().to_string();
    request.extensions_mut().insert(CorrelationId(id.clone()));
    let mut response = next.run(request).await;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&shared.world().clock.now());
    let headers = response.headers_mut();
    if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
        headers.insert(DATE, date);
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert("inin-correlation-id", id);
    }
    response
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    Extension(CorrelationId(correlation_id)): Extension<CorrelationId>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let delivery = match to_bytes(body, usize::MAX).await {
        // A task of its own: work that has arrived is done even if the caller hangs up.
        Ok(body) => tokio::spawn(handle(shared, parts, body)).await.unwrap_or(Delivery::Reset),
        Err(_) => Delivery::Reset,
    };
    delivery.into_response(&correlation_id, &connection)
}

async fn handle(shared: Arc<Shared>, parts: Parts, body: Bytes) -> Delivery {
    let resource = Resource::of(parts.uri.path());
    let id = resource.and_then(Resource::conversation_id);
    let mut outcome = Outcome::default();

    let (ticket, admitted) = {
        let mut world = shared.world();
        let called = admission::route(&world, resource, &parts.method);
        let now = world.clock.now();
        let arrival = Arrival {
            route: called.as_ref().ok().map(|(_, route)| *route),
            method: parts.method.as_str(),
            path: parts.uri.path(),
            conversation_id: id,
            body: serde_json::from_slice(&body).ok(),
            trace_parent: parts.headers.get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned),
        };
        let ticket = world.ledger.enter(arrival, now);
        let admitted =
            called.and_then(|(resource, route)| admit(&mut world, resource, route, &parts, &body, &mut outcome));
        (ticket, admitted)
    };
    let delivery = match admitted {
        Ok(Admitted { route, command, fault }) => {
            let id = id.unwrap_or_default();
            let effect = |world: &mut World, outcome: &mut Outcome| effect::apply(world, id, command, outcome);
            tokio::select! {
                biased;
                delivery = perform(&shared, route, fault, &mut outcome, effect) => delivery,
                () = shared.stopping.cancelled() => Delivery::Reset,
            }
        }
        Err(refusal) => {
            outcome.violation = refusal.violation;
            Delivery::Whole(refusal.answer)
        }
    };
    if outcome.effect_applied && resource.is_some_and(Resource::settles_later) {
        tokio::spawn(settle_later(Arc::clone(&shared)));
    }
    outcome.status = delivery.status().map(|status| status.as_u16());
    let quota = outcome.quota;
    shared.world().ledger.complete(ticket, outcome);
    delivery.map(|answer| match quota {
        Some(quota) => answer.with_quota(quota),
        None => answer,
    })
}

/// What was taken on shows, and is told to the subscribers, in its time and not only when somebody looks.
async fn settle_later(shared: Arc<Shared>) {
    let delay = shared.world().options.attribute_delay;
    tokio::select! {
        () = sleep(delay) => shared.world().settle_platform(),
        () = shared.stopping.cancelled() => {}
    }
}
