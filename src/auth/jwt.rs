//! One token against one issuer.

use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, Validation, dangerous::insecure_decode_claims, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::time::Duration;

use super::LONGEST_TOKEN;
use super::claims::{self, Bad, Times};
use crate::callers::Issuer;
use crate::domain::principal::Principal;

/// A token that is right in everything, but perhaps over.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) principal: Principal,
    pub(super) good_until: Timestamp,
    pub(super) since_expiry: Option<Duration>,
}

/// Who the token says has issued it. Nothing is verified: this only chooses whose keys it is checked with.
pub(super) fn issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    if token.len() > LONGEST_TOKEN {
        return None;
    }
    insecure_decode_claims::<Named>(token).ok().map(|named| named.iss)
}

/// Which of its issuer's keys the token says it is signed with.
pub(super) fn key_id(token: &str) -> Option<String> {
    decode_header(token).ok()?.kid
}

/// Checks everything about a token.
pub(super) fn check(issuer: &Issuer, keys: &[DecodingKey], token: &str, now: Timestamp) -> Result<Checked, Bad> {
    let claims = verified(&signatures(&issuer.algorithms), keys, token)?;
    if claims.get("iss").and_then(Value::as_str) != Some(issuer.name.as_str())
        || !claims::is_for(&claims, &issuer.audience)
    {
        return Err(Bad);
    }
    let principal = claims::principal(issuer, &claims)?;
    let Times { good_until, since_expiry } = claims::times(&claims, issuer.leeway, now)?;
    Ok(Checked { principal, good_until, since_expiry })
}

/// The claims of a token that one of the keys has signed.
///
/// The algorithm must be one that is allowed, and the key of its family: a public key is no HMAC secret. Keys come from us alone,
/// whatever the token brings along; and a header that says something must be understood is not.
pub(super) fn verified(rules: &Validation, keys: &[DecodingKey], token: &str) -> Result<Map<String, Value>, Bad> {
    let header = decode_header(token).map_err(|_| Bad)?;
    if header.crit.is_some() || header.zip.is_some() || header.enc.is_some() {
        return Err(Bad);
    }
    let mut fitting = keys.iter().filter(|key| header.alg.family() == key.family());
    fitting.find_map(|key| decode::<Map<String, Value>>(token, key, rules).ok()).map(|data| data.claims).ok_or(Bad)
}

/// Rules that look at the signature alone: times are judged on our own clock, and types strictly.
pub(super) fn signatures(algorithms: &[jsonwebtoken::Algorithm]) -> Validation {
    Validation {
        algorithms: algorithms.to_vec(),
        required_spec_claims: HashSet::new(),
        validate_exp: false,
        validate_nbf: false,
        validate_aud: false,
        ..Validation::default()
    }
}
