//! Keys that an issuer publishes: fetched when needed, kept through its outages, changed when it changes them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use reqwest::{redirect, retry};
use tokio::time::{Instant, timeout};
use url::Url;

use super::cache::Cache;
use crate::domain::error::{Error, Reason};

/// How published keys are kept.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How old they are when they are asked for again, in the background.
    pub refresh_after: Duration,
    /// How often a token with an unknown key may have them asked for again: anybody can invent one.
    pub unknown_key_every: Duration,
    /// How long they serve while the issuer does not answer.
    pub keep_for: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            refresh_after: Duration::from_mins(5),
            unknown_key_every: Duration::from_secs(30),
            keep_for: Duration::from_hours(24),
            timeout: Duration::from_secs(3),
        }
    }
}

/// The most of an answer that is read, in bytes.
const LONGEST: usize = 256 * 1024;

/// When a caller whose token cannot be checked should return.
const RETRY: Duration = Duration::from_secs(5);

/// A fetch under way; the task it runs in outlives whoever waits.
type Flight = Shared<BoxFuture<'static, ()>>;

/// One issuer's keys. Clones share them.
#[derive(Clone)]
pub(super) struct Jwks {
    url: Url,
    http: reqwest::Client,
    times: Times,
    /// What was verified with these keys, among others.
    verified: Arc<Cache>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<JwkSet>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
    flight: Option<Flight>,
}

impl Jwks {
    /// Keys published here. When they change, what was `verified` is forgotten.
    pub(super) fn new(url: Url, times: Times, verified: Arc<Cache>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            // Keys from another place than the one configured are not the issuer's.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .retry(retry::never())
            .timeout(times.timeout)
            .build()?;
        Ok(Self { url, http, times, verified, state: Arc::default() })
    }

    /// The keys a token may be signed with: the one it names, or the only one. If none fits it is refused.
    pub(super) async fn keys(&self, id: Option<&str>) -> Result<Vec<DecodingKey>, Error> {
        let mut keys = self.current().await?;
        if fitting(&keys, id).is_empty() && self.may_try_again() {
            self.flight().await;
            keys = self.kept().ok_or_else(unavailable)?;
        }
        Ok(fitting(&keys, id))
    }

    async fn current(&self) -> Result<Arc<JwkSet>, Error> {
        if let Some(keys) = self.kept() {
            if self.lock().tried.is_none_or(|tried| tried.elapsed() >= self.times.refresh_after) {
                // In the background: its caller has keys.
                drop(self.flight());
            }
            return Ok(keys);
        }
        if self.may_try_again() {
            self.flight().await;
        }
        self.kept().ok_or_else(unavailable)
    }

    /// The keys, while they may serve.
    fn kept(&self) -> Option<Arc<JwkSet>> {
        let state = self.lock();
        let fresh = state.fetched.is_some_and(|fetched| fetched.elapsed() < self.times.keep_for);
        state.keys.clone().filter(|_| fresh)
    }

    /// Whether asking may help and does not harm: nobody asks while somebody does, or right after.
    fn may_try_again(&self) -> bool {
        let state = self.lock();
        state.flight.is_some() || state.tried.is_none_or(|tried| tried.elapsed() >= self.times.unknown_key_every)
    }

    /// The fetch under way, or a new one.
    fn flight(&self) -> Flight {
        let mut state = self.lock();
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        state.tried = Some(Instant::now());
        let this = self.clone();
        let task = tokio::spawn(async move {
            let fetched = timeout(this.times.timeout, this.ask()).await.unwrap_or(Err("it did not answer in time"));
            this.land(fetched);
        });
        // However it ends, whoever waited looks at what is there.
        let flight = task.map(drop).boxed().shared();
        state.flight = Some(flight.clone());
        flight
    }

    fn land(&self, fetched: Result<JwkSet, &'static str>) {
        let mut state = self.lock();
        state.flight = None;
        match fetched {
            Ok(keys) => {
                if state.keys.as_deref() != Some(&keys) {
                    self.verified.clear();
                }
                state.keys = Some(Arc::new(keys));
                state.fetched = Some(Instant::now());
            }
            Err(why) => {
                tracing::warn!(url = %self.url, why, "the keys of an issuer of tokens cannot be fetched");
            }
        }
    }

    async fn ask(&self) -> Result<JwkSet, &'static str> {
        let mut answer = self.http.get(self.url.clone()).send().await.map_err(|_| "it cannot be reached")?;
        if !answer.status().is_success() {
            return Err("it answers with an error");
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| "its answer broke off")? {
            if body.len() + chunk.len() > LONGEST {
                return Err("its answer is too large");
            }
            body.extend_from_slice(&chunk);
        }
        let keys: JwkSet = serde_json::from_slice(&body).map_err(|_| "its answer is no set of keys")?;
        if keys.keys.is_empty() { Err("it has no keys") } else { Ok(keys) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys that fit: by name, or the only one there is. A symmetric key that somebody publishes is no secret.
fn fitting(keys: &JwkSet, id: Option<&str>) -> Vec<DecodingKey> {
    let signs = |key: &&Jwk| key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let named: Vec<&Jwk> = match id {
        Some(id) => keys.keys.iter().filter(|key| key.common.key_id.as_deref() == Some(id)).collect(),
        None if keys.keys.len() == 1 => keys.keys.iter().collect(),
        None => Vec::new(),
    };
    let public = |key: &DecodingKey| key.family() != jsonwebtoken::AlgorithmFamily::Hmac;
    named.into_iter().filter(signs).filter_map(|key| DecodingKey::from_jwk(key).ok()).filter(public).collect()
}

fn unavailable() -> Error {
    let message =
        "the keys to check the token with cannot be had at the moment; nothing is wrong with it as far as is known";
    Error::retry(Reason::KeysUnavailable, message, RETRY)
}
