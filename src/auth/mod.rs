//! Who calls: credentials in, an [`Identity`] out. Nothing here knows which calls are open to whom.

mod api_keys;
mod cache;
mod certificates;
mod claims;
mod jwks;
mod jwt;
pub mod reload;
mod session_tokens;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use rustls::pki_types::CertificateDer;

use crate::callers::{Callers, Issuer, Keys};
use crate::domain::error::Error;
use crate::domain::principal::{Identity, Role};
use crate::ports::Clock;
use cache::Cache;
use jwks::Jwks;
use jwt::Checked;

pub use jwks::Times;
pub use session_tokens::{ISSUER as OUR_ISSUER, SessionToken, SessionTokens};

/// The longest token that is looked at, in bytes: headers have no room for more.
const LONGEST_TOKEN: usize = 8 * 1024;

/// What a call shows of who is calling.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<&'a str>,
    /// The key of `X-Api-Key`.
    pub api_key: Option<&'a str>,
    /// The value of the session's cookie.
    pub cookie: Option<&'a str>,
    /// The connection's certificates, verified, its own first.
    pub certificates: &'a [CertificateDer<'static>],
}

/// Who calls, and the session token that says so, if it is one: whether it still counts the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Who calls.
    pub identity: Identity,
    /// The token, if it is one of ours.
    pub session_token: Option<SessionToken>,
}

impl From<Identity> for Identified {
    fn from(identity: Identity) -> Self {
        Self { identity, session_token: None }
    }
}

/// How lenient it is.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long after its end a browser's token is still told from one that never was good.
    pub lapsed_for: Duration,
    /// How published keys are kept.
    pub published_keys: Times,
}

/// Finds out who calls.
pub struct Authenticator {
    settings: Settings,
    clock: Arc<dyn Clock>,
    known: ArcSwap<Known>,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Everything that is known of callers, replaced as a whole when the files change: what was verified before goes with it.
struct Known {
    callers: Callers,
    /// Checkers of tokens, by issuer.
    issuers: HashMap<String, Checker>,
    session_tokens: Option<SessionTokens>,
    verified: Arc<Cache>,
}

struct Checker {
    issuer: Issuer,
    keys: Source,
}

enum Source {
    Fixed(Vec<DecodingKey>),
    Published(Jwks),
}

// === impl Authenticator ===

impl Authenticator {
    /// Knows these callers, and these secrets of session tokens.
    pub fn new(
        callers: Callers,
        session_tokens: Option<SessionTokens>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let known = Known::new(callers, session_tokens, settings.published_keys)?;
        Ok(Self { settings, clock, known: ArcSwap::from_pointee(known) })
    }

    /// Knows these from now on, and nobody else.
    pub fn replace(&self, callers: Callers, session_tokens: Option<SessionTokens>) -> Result<(), reqwest::Error> {
        self.known.store(Arc::new(Known::new(callers, session_tokens, self.settings.published_keys)?));
        Ok(())
    }

    /// Signs session tokens with the current secret, if there is one.
    pub fn with_session_tokens<T>(&self, sign: impl FnOnce(&SessionTokens) -> T) -> Option<T> {
        self.known.load().session_tokens.as_ref().map(sign)
    }

    /// Finds out who calls. Fails only where that cannot be known at the moment.
    ///
    /// A cookie comes along by itself, so it counts only where nothing was shown on purpose; so does a certificate.
    pub async fn identify(&self, shown: Shown<'_>) -> Result<Identified, Error> {
        let known = self.known.load_full();
        Ok(match shown {
            Shown { bearer: Some(_), api_key: Some(_), .. } => Identity::Refused.into(),
            Shown { bearer: Some(token), .. } => self.by_token(&known, token).await?,
            Shown { api_key: Some(key), .. } => api_keys::identify(&known.callers.api_keys, key).into(),
            Shown { cookie: Some(token), .. } => self.by_session_token(&known, token),
            Shown { certificates: [own, ..], .. } => certificates::identify(&known.callers.certificates, own).into(),
            Shown { .. } => Identity::Nobody.into(),
        })
    }

    async fn by_token(&self, known: &Known, token: &str) -> Result<Identified, Error> {
        let now = self.clock.now();
        // Before the token is even read: that alone costs more than the rest of a call.
        if let Some(identified) = known.verified.get(token, now) {
            return Ok(identified);
        }
        let Some(issuer) = jwt::issuer(token) else { return Ok(Identity::Refused.into()) };
        if issuer == OUR_ISSUER {
            return Ok(self.by_new_session_token(known, token, now));
        }
        let Some(checker) = known.issuers.get(&issuer) else { return Ok(Identity::Refused.into()) };
        let published;
        let keys = match &checker.keys {
            Source::Fixed(keys) => keys,
            Source::Published(jwks) => {
                published = jwks.keys(jwt::key_id(token).as_deref()).await?;
                &published
            }
        };
        let identity = match jwt::check(&checker.issuer, keys, token, now) {
            Ok(Checked { principal, since_expiry: None, good_until }) => {
                let identified = Identified::from(Identity::Known(principal));
                known.verified.put(token, identified.clone(), good_until, now);
                return Ok(identified);
            }
            Ok(Checked { principal, since_expiry: Some(since), .. })
                if principal.role == Role::Browser && since <= self.settings.lapsed_for =>
            {
                Identity::Lapsed(principal)
            }
            _ if checker.issuer.role == Role::Browser => Identity::Nobody,
            _ => Identity::Refused,
        };
        Ok(identity.into())
    }

    /// Where no other token counts, even if it was found good elsewhere.
    fn by_session_token(&self, known: &Known, token: &str) -> Identified {
        let now = self.clock.now();
        let remembered = known.verified.get(token, now).filter(|identified| identified.session_token.is_some());
        remembered.unwrap_or_else(|| self.by_new_session_token(known, token, now))
    }

    fn by_new_session_token(&self, known: &Known, token: &str, now: Timestamp) -> Identified {
        let session_tokens = known.session_tokens.as_ref();
        let Some(verified) = session_tokens.and_then(|tokens| tokens.verify(token, now, self.settings.lapsed_for))
        else {
            return Identity::Nobody.into();
        };
        let (good_until, lapsed) = (verified.expires, verified.lapsed);
        let identified = Identified { identity: verified.identity(), session_token: Some(verified) };
        if !lapsed {
            known.verified.put(token, identified.clone(), good_until, now);
        }
        identified
    }
}

// === impl Known ===

impl Known {
    fn new(callers: Callers, session_tokens: Option<SessionTokens>, times: Times) -> Result<Self, reqwest::Error> {
        let verified = Arc::<Cache>::default();
        let mut issuers = HashMap::new();
        for issuer in &callers.issuers {
            let keys = match &issuer.keys {
                Keys::Fixed(keys) => Source::Fixed(keys.clone()),
                Keys::Published(url) => Source::Published(Jwks::new(url.clone(), times, Arc::clone(&verified))?),
            };
            issuers.insert(issuer.name.clone(), Checker { issuer: issuer.clone(), keys });
        }
        Ok(Self { callers, issuers, session_tokens, verified })
    }
}
