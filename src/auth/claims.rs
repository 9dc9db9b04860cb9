//! What a token says, once its signature is known to be good.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::callers::{Claims, Issuer};
use crate::domain::ids::{ConversationId, Pair, ParticipantId, ResumeKey};
use crate::domain::principal::{Bound, Principal, Role};

/// The token says something that makes it no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bad;

/// When a token's time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// Until when it is good, leeway included.
    pub(super) good_until: Timestamp,
    /// How long it has been over, if it has.
    pub(super) since_expiry: Option<Duration>,
}

/// Judges `exp`, which must be there, `nbf` and `iat`.
pub(super) fn times(claims: &Map<String, Value>, leeway: Duration, now: Timestamp) -> Result<Times, Bad> {
    let leeway = SignedDuration::try_from(leeway).map_err(|_| Bad)?;
    let good_until = time(claims, "exp")?.ok_or(Bad)?.checked_add(leeway).map_err(|_| Bad)?;
    let begun = |name| Ok(time(claims, name)?.is_none_or(|from| from.duration_since(now) <= leeway));
    if !(begun("nbf")? && begun("iat")?) {
        return Err(Bad);
    }
    let since_expiry = Duration::try_from(now.duration_since(good_until)).ok().filter(|since| !since.is_zero());
    Ok(Times { good_until, since_expiry })
}

/// A `NumericDate`: seconds since 1970, perhaps with a fraction.
fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Bad> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let whole = value.as_i64().map(SignedDuration::from_secs);
    let since = match whole {
        Some(since) => since,
        None => SignedDuration::try_from_secs_f64(value.as_f64().ok_or(Bad)?).map_err(|_| Bad)?,
    };
    Timestamp::UNIX_EPOCH.checked_add(since).map(Some).map_err(|_| Bad)
}

/// Whether the token is for us: `aud` is one of our names, or a list with one.
pub(super) fn is_for(claims: &Map<String, Value>, audience: &[String]) -> bool {
    let ours = |value: &Value| value.as_str().is_some_and(|name| audience.iter().any(|ours| ours == name));
    match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().any(ours),
        Some(name) => ours(name),
        None => false,
    }
}

/// Whom the token names.
pub(super) fn principal(issuer: &Issuer, claims: &Map<String, Value>) -> Result<Principal, Bad> {
    if issuer.required_claims.iter().any(|name| claims.get(name).is_none_or(Value::is_null)) {
        return Err(Bad);
    }
    let name = text(claims, &issuer.claims.name)?.ok_or(Bad)?;
    // It stands in records and logs.
    if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
        return Err(Bad);
    }
    match issuer.role {
        Role::Browser => Ok(Principal::browser(name, bound(&issuer.claims, claims)?)),
        role => Ok(Principal::new(role, name)),
    }
}

/// The one session a browser's token is for: named in one way, and wholly.
fn bound(names: &Claims, claims: &Map<String, Value>) -> Result<Bound, Bad> {
    let conversation = text(claims, &names.conversation)?;
    let participant = text(claims, &names.participant)?;
    match (conversation, participant, text(claims, &names.resume_key)?) {
        (Some(conversation), Some(participant), None) => Ok(Bound::Pair(Pair {
            conversation: ConversationId::parse(conversation).map_err(|_| Bad)?,
            participant: ParticipantId::parse(participant).map_err(|_| Bad)?,
        })),
        (None, None, Some(key)) => ResumeKey::parse(key).map(Bound::Key).map_err(|_| Bad),
        _ => Err(Bad),
    }
}

/// A claim that must be text if it is there.
fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Bad> {
    claims.get(name).map(|value| value.as_str().ok_or(Bad)).transpose()
}
