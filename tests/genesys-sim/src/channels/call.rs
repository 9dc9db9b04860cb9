//! One call of the pushed side's REST API: into the ledger, past the faults, to the act, and out.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request},
    http::{Response, StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{
    Route,
    admission::authenticate,
    answer::{Answer, Delivery},
    connection::Connection,
    contract::{self, MAX_BODY},
    gateway::CorrelationId,
    ledger::{Arrival, Outcome},
    perform::perform,
    refusal::Refusal,
    world::{Shared, World},
};

/// A call that has arrived whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    /// The token it comes with; a guest's call has none.
    pub(crate) token_id: String,
}

/// Answers a call of `route` by what `act` does under the world's lock.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    request: Request,
    route: Route,
    act: impl FnOnce(&mut World, &Call) -> Result<Answer, Refusal> + Send + 'static,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let correlation_id = parts.extensions.get::<CorrelationId>().map(|id| id.0.clone()).unwrap_or_default();
    let connection = parts.extensions.get::<ConnectInfo<Connection>>().map(|info| info.0.clone()).unwrap_or_default();
    let delivery = match to_bytes(body, usize::MAX).await {
        // A task of its own: work that has arrived is done even if the caller hangs up.
        Ok(body) => {
            let call = Call { parts, body, token_id: String::new() };
            tokio::spawn(handle(shared, call, route, act)).await.unwrap_or(Delivery::Reset)
        }
        Err(_) => Delivery::Reset,
    };
    delivery.into_response(&correlation_id, &connection)
}

async fn handle(
    shared: Arc<Shared>,
    mut call: Call,
    route: Route,
    act: impl FnOnce(&mut World, &Call) -> Result<Answer, Refusal>,
) -> Delivery {
    let mut outcome = Outcome::default();
    let (ticket, admitted) = {
        let mut world = shared.world();
        let now = world.clock.now();
        let ticket = world.ledger.enter(call.arrival(route), now);
        let admitted = call.admit(&mut world, route, &mut outcome).map(|()| world.faults.take(route));
        (ticket, admitted)
    };
    let delivery = match admitted {
        Ok(fault) => {
            let effect = |world: &mut World, outcome: &mut Outcome| {
                let result = act(world, &call);
                outcome.effect_applied = result.is_ok();
                result.unwrap_or_else(|refusal| {
                    outcome.violation = refusal.violation;
                    refusal.answer
                })
            };
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
    outcome.status = delivery.status().map(|status| status.as_u16());
    let quota = outcome.quota;
    shared.world().ledger.complete(ticket, outcome);
    delivery.map(|answer| match quota {
        Some(quota) => answer.with_quota(quota),
        None => answer,
    })
}

fn too_large() -> Refusal {
    let message = format!("The request is over the size limit. Maximum bytes: {MAX_BODY}");
    Refusal::violation(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, message.clone()), message)
}

// === impl Call ===

impl Call {
    fn arrival(&self, route: Route) -> Arrival<'_> {
        Arrival {
            route: Some(route),
            method: self.parts.method.as_str(),
            path: self.parts.uri.path(),
            conversation_id: None,
            body: serde_json::from_slice(&self.body).ok(),
            trace_parent: self.header("traceparent").map(str::to_owned),
        }
    }

    fn admit(&mut self, world: &mut World, route: Route, outcome: &mut Outcome) -> Result<(), Refusal> {
        if route != Route::GuestHistory {
            authenticate(world, &self.parts, outcome)?;
            self.token_id = outcome.token_id.clone().unwrap_or_default();
        }
        if self.body.len() > MAX_BODY { Err(too_large()) } else { Ok(()) }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.parts.uri.query().unwrap_or_default().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        contract::json(&self.parts.headers, &self.body)
    }
}
