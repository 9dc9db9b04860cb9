//! What was said in a session, for a browser that has missed some of it.

use std::time::Duration;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::handshake::is_allowed;
use crate::{answer::Answer, channels::Call, clock::later, contract::bearer, refusal::Refusal, world::World};

const JWT_LIFETIME: Duration = Duration::from_mins(5);
const PAGE_SIZE: usize = 25;
const MAX_PAGE_SIZE: usize = 500;

/// A JWT for the guest, and when it expires. It says nothing of whom it stands for.
pub(crate) fn issue_jwt(world: &mut World, token: &str) -> (String, Timestamp) {
    let now = world.clock.now();
    let expires = later(now, JWT_LIFETIME);
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": "HS256", "typ": "JWT"}));
    let claims = part(json!({"exp": expires.as_second(), "jti": Uuid::new_v4().to_string()}));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
    let jwt = format!("{header}.{claims}.{signature}");
    world.guests.jwts.retain(|_, (_, expires)| now < *expires);
    world.guests.jwts.insert(jwt.clone(), (token.to_owned(), expires));
    (jwt, expires)
}

/// A page of the history, the latest message first.
pub(crate) fn read(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    if !is_allowed(&world.options.guest_allowed_domains, &call.parts.headers) {
        return Err(Refusal::regular(Answer::error(StatusCode::FORBIDDEN, "the origin is not allowed")));
    }
    world.sweep_guests();
    let now = world.clock.now();
    let jwt = world.guests.jwts.get(bearer(&call.parts.headers)?);
    let (token, _) = jwt.filter(|(_, expires)| now < *expires).ok_or_else(Refusal::bad_credentials)?;
    let session = world.guests.sessions.get(token).ok_or_else(Refusal::bad_credentials)?;

    let size = number(call, "pageSize", PAGE_SIZE)?.min(MAX_PAGE_SIZE);
    let page = number(call, "pageNumber", 1)?;
    let total = session.history().len();
    let entities: Vec<_> = session.history().skip(size.saturating_mul(page - 1)).take(size).map(entity).collect();
    let page_count = total.div_ceil(size);
    Ok(Answer::ok(&json!({
        "entities": entities,
        "pageSize": size,
        "pageNumber": page,
        "total": total,
        "pageCount": page_count,
    })))
}

/// A message as the history has it: like its frame, but for the channel's type.
fn entity(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(channel) = body["channel"].as_object_mut() {
        channel.remove("type");
    }
    body
}

/// A query parameter that counts from 1.
fn number(call: &Call, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = call.query(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Refusal::bad_request(format!("{name} must be a positive number")))
}
