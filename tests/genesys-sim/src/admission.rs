//! Whether a call may go ahead: credentials, then budget, then form, in the order a real gateway looks.

use axum::{
    body::Bytes,
    http::{Method, StatusCode, request::Parts},
};

use crate::{
    Fault, Route,
    answer::Answer,
    contract::{self, Command},
    ledger::Outcome,
    platform::permissions,
    refusal::Refusal,
    route::Resource,
    world::World,
};

/// A call that may go ahead, and the fault it meets on the way.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) route: Route,
    pub(crate) command: Command,
    pub(crate) fault: Option<Fault>,
}

/// The call of the contract that a request is.
pub(crate) fn route<'a>(
    world: &World,
    resource: Option<Resource<'a>>,
    method: &Method,
) -> Result<(Resource<'a>, Route), Refusal> {
    let read = world.options.read_method;
    let resource = resource.ok_or_else(|| {
        let answer = Answer::error(StatusCode::NOT_FOUND, "The requested resource does not exist.");
        Refusal::violation(answer, "the path is not part of the contract")
    })?;
    resource.route(method, read).map(|route| (resource, route)).ok_or_else(|| {
        let answer = Answer::method_not_allowed(&resource.allow(read));
        Refusal::violation(answer, "the method is not part of the contract")
    })
}

/// Only a call that is admitted uses up a scripted fault.
pub(crate) fn admit(
    world: &mut World,
    resource: Resource<'_>,
    route: Route,
    parts: &Parts,
    body: &Bytes,
    outcome: &mut Outcome,
) -> Result<Admitted, Refusal> {
    if route != Route::Token {
        authenticate(world, parts, outcome)?;
        permissions::check(world, route)?;
    }
    let command = contract::parse(resource, route, parts.uri.query(), &parts.headers, body)?;
    Ok(Admitted { route, command, fault: world.faults.take(route) })
}

/// The token that an API call comes with, and one request of its budget.
pub(crate) fn authenticate(world: &mut World, parts: &Parts, outcome: &mut Outcome) -> Result<(), Refusal> {
    let now = world.clock.now();
    let secret = contract::bearer(&parts.headers)?;
    let token = world.tokens.get_mut(secret).ok_or_else(Refusal::bad_credentials)?;
    outcome.token_id = Some(token.id.clone());
    if !token.is_alive(now) {
        return Err(Refusal::bad_credentials());
    }
    let quota = token.count(world.options.requests_per_minute, now);
    outcome.quota = Some(quota);
    if quota.is_exceeded() {
        return Err(Refusal::regular(Answer::too_many_requests(quota)));
    }
    Ok(())
}
