//! Our own tokens for browsers: short-lived, for one session, each one generation of a line.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::claims::{self, Times};
use super::{Authenticator, LONGEST_TOKEN, jwt};
use crate::domain::ids::{ConversationId, Pair, ParticipantId, ResumeKey};
use crate::domain::principal::{Bound, Identity, Principal};
use crate::ports;

/// The `iss` of our tokens.
pub const ISSUER: &str = "session-resumption";

/// What tells them from all other tokens, whatever those were signed with.
const TYPE: &str = "session-resumption+jwt";

/// How far the clocks of our replicas may be apart.
const LEEWAY: Duration = Duration::from_secs(5);

/// Signs and checks them.
pub struct SessionTokens {
    sign: EncodingKey,
    check: Vec<DecodingKey>,
}

impl fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionTokens").field("secrets", &self.check.len()).finish_non_exhaustive()
    }
}

/// A token of ours whose signature is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionToken {
    /// The session it is for.
    pub bound: Bound,
    /// Its line.
    pub line: Uuid,
    /// Its number in the line, from one.
    pub generation: u64,
    /// Until when it is good.
    pub expires: Timestamp,
    /// Whether its time is over, though not for long.
    pub lapsed: bool,
}

impl SessionToken {
    /// Who shows it, if it still counts.
    pub(super) fn identity(&self) -> Identity {
        let principal = Principal::browser(format!("line:{}", self.line), self.bound.clone());
        if self.lapsed { Identity::Lapsed(principal) } else { Identity::Known(principal) }
    }
}

impl SessionTokens {
    /// Signs with the first of these secrets and takes tokens of all of them, so that they can be changed.
    pub fn new(secrets: &[&[u8]]) -> Option<Self> {
        let sign = EncodingKey::from_secret(secrets.first()?);
        Some(Self { sign, check: secrets.iter().map(|secret| DecodingKey::from_secret(secret)).collect() })
    }

    /// A token for a session. None if the library cannot sign, which it can.
    pub fn issue(&self, bound: &Bound, line: Uuid, generation: u64, now: Timestamp, ttl: Duration) -> Option<String> {
        let now = now.as_second();
        let expires = now.checked_add(i64::try_from(ttl.as_secs()).ok()?)?;
        let mut claims =
            json!({"iss": ISSUER, "iat": now, "exp": expires, "line": line.to_string(), "gen": generation});
        match bound {
            Bound::Pair(pair) => {
                claims["cid"] = pair.conversation.as_str().into();
                claims["pid"] = pair.participant.as_str().into();
            }
            Bound::Key(key) => claims["rk"] = key.as_str().into(),
        }
        let header = Header { typ: Some(TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &self.sign).ok()
    }

    /// What a token says, if we signed it and it is not long over.
    pub(super) fn verify(&self, token: &str, now: Timestamp, lapsed_for: Duration) -> Option<SessionToken> {
        if token.len() > LONGEST_TOKEN || jsonwebtoken::decode_header(token).ok()?.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let claims = jwt::verified(&jwt::signatures(&[Algorithm::HS256]), &self.check, token).ok()?;
        if claims.get("iss").and_then(Value::as_str) != Some(ISSUER) {
            return None;
        }
        let Times { since_expiry, .. } = claims::times(&claims, LEEWAY, now).ok()?;
        if since_expiry.is_some_and(|since| since > lapsed_for) {
            return None;
        }
        Some(SessionToken {
            bound: bound(&claims)?,
            line: Uuid::try_parse(claims.get("line")?.as_str()?).ok()?,
            generation: claims.get("gen")?.as_u64()?,
            expires: Timestamp::from_second(claims.get("exp")?.as_i64()?).ok()?,
            lapsed: since_expiry.is_some(),
        })
    }
}

/// With whichever secret is the current one.
impl ports::SessionTokens for Authenticator {
    fn issue(&self, bound: &Bound, line: Uuid, generation: u64, now: Timestamp, ttl: Duration) -> Option<String> {
        self.with_session_tokens(|tokens| tokens.issue(bound, line, generation, now, ttl)).flatten()
    }
}

fn bound(claims: &Map<String, Value>) -> Option<Bound> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    match (text("cid"), text("pid"), text("rk")) {
        (Some(conversation), Some(participant), None) => Some(Bound::Pair(Pair {
            conversation: ConversationId::parse(conversation).ok()?,
            participant: ParticipantId::parse(participant).ok()?,
        })),
        (None, None, Some(key)) => ResumeKey::parse(key).ok().map(Bound::Key),
        _ => None,
    }
}
