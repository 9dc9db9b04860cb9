//! One call of a pushed side's REST API: into the ledger, to the act, and out.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{Response, StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{
    answer::{Answer, Delivery},
    connection::Connection,
    contract::MAX_BODY,
    gateway::CorrelationId,
    ledger::{Arrival, Outcome},
    refusal::Refusal,
    world::{Shared, World},
};

/// A call that has arrived whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
}

/// Answers a call by what `act` does, which happens under the world's lock.
pub(crate) async fn answer(
    shared: &Shared,
    request: Request,
    act: impl FnOnce(&mut World, &Call, &mut Outcome) -> Result<Answer, Refusal>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await;
    let call = Call { parts, body: body.as_ref().cloned().unwrap_or_default() };
    let mut outcome = Outcome::default();

    let answer = {
        let mut world = shared.world();
        let now = world.clock.now();
        let ticket = world.ledger.enter(call.arrival(), now);
        let result = match body {
            Ok(_) => act(&mut world, &call, &mut outcome),
            Err(_) => Err(too_large()),
        };
        outcome.effect_applied = result.is_ok();
        let answer = result.unwrap_or_else(|refusal| {
            outcome.violation = refusal.violation;
            refusal.answer
        });
        outcome.status = Some(answer.status().as_u16());
        let quota = outcome.quota;
        world.ledger.complete(ticket, outcome);
        match quota {
            Some(quota) => answer.with_quota(quota),
            None => answer,
        }
    };
    let id = call.parts.extensions.get::<CorrelationId>().map(|id| id.0.as_str()).unwrap_or_default();
    Delivery::Whole(answer).into_response(id, &Connection::default())
}

fn too_large() -> Refusal {
    let message = format!("The request is over the size limit. Maximum bytes: {MAX_BODY}");
    Refusal::violation(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, message.clone()), message)
}

// === impl Call ===

impl Call {
    fn arrival(&self) -> Arrival<'_> {
        Arrival {
            route: None,
            method: self.parts.method.as_str(),
            path: self.parts.uri.path(),
            conversation_id: None,
            body: serde_json::from_slice(&self.body).ok(),
            trace_parent: self.header("traceparent").map(str::to_owned),
        }
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
        crate::contract::json(&self.parts.headers, &self.body)
    }
}
