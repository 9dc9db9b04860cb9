//! Session tokens: issued for a browser, shown by it, replaced while they are good, and ended.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Caller, Ports, upstream};
use crate::domain::error::{Error, Reason};
use crate::domain::principal::{Bound, Principal};
use crate::domain::time::after;
use crate::domain::token_line::{FIRST, LINE_LIFE, Refreshed, Refusal, Shown};
use crate::ports::{Event, Record, Session, SessionTokens, TokenTurn};

/// The operator's rules for session tokens.
#[derive(Debug, Clone, Copy)]
pub struct SessionRules {
    /// How long a token is good.
    pub token_ttl: Duration,
    /// How long after its end a token still counts for something, the clocks of replicas being apart: its line is remembered
    /// as long.
    pub shown_late: Duration,
}

/// A token, as a browser gets it.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The token: a secret, never logged.
    pub token: String,
    /// Until when it is good.
    pub expires: Timestamp,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// What comes of asking for a fresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// This one takes the place of the one shown.
    Fresh(Issued),
    /// The one shown is fresh enough: keep it.
    Keep,
    /// The one shown is not good.
    Refused,
}

struct Inner {
    ports: Ports,
    tokens: Option<Arc<dyn SessionTokens>>,
    rules: SessionRules,
}

/// The use cases of session tokens. Clones share everything.
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("rules", &self.inner.rules).finish_non_exhaustive()
    }
}

impl Sessions {
    /// The use cases over these ports. Without a signer no tokens are issued.
    pub fn new(ports: Ports, tokens: Option<Arc<dyn SessionTokens>>, rules: SessionRules) -> Self {
        Self { inner: Arc::new(Inner { ports, tokens, rules }) }
    }

    /// Begins a line of tokens for a browser that has this session.
    pub async fn issue(&self, caller: &Caller, bound: &Bound) -> Result<Issued, Error> {
        let inner = &self.inner;
        let line = inner.ports.entropy.uuid();
        let begun = async {
            // Signed first: where that cannot be done no line is begun.
            let issued = inner.sign(bound, line, FIRST, LINE_LIFE)?;
            let begun = inner.ports.registry.begin_line(line, inner.show_for()).await;
            begun.map(|()| issued).map_err(|error| inner.ports.store_error(error))
        };
        let issued = begun.await.map_err(|error| inner.failed(&caller.principal, Some(bound), error))?;
        inner.audit(&caller.principal, Some(bound), Event::Tokens { line, turn: TokenTurn::Issued });
        Ok(issued)
    }

    /// Whether a token still counts whose signature says that it is this browser's. Where the store is out of reach the
    /// signature has to do: a customer is not turned away for a failure of ours.
    pub async fn admit(&self, principal: &Principal, line: Uuid, generation: u64) -> bool {
        let inner = &self.inner;
        match inner.ports.registry.use_line(line, generation).await {
            Ok(Shown::Good) => true,
            Ok(Shown::Refused(refusal)) => {
                inner.refused(principal, line, refusal);
                false
            }
            Err(error) => {
                inner.ports.store_error(error);
                inner.audit(principal, principal.bound.as_ref(), Event::Tokens { line, turn: TokenTurn::Unchecked });
                true
            }
        }
    }

    /// Replaces a token, whose signature says that it is this browser's, by the next one of its line.
    pub async fn refresh(&self, principal: &Principal, line: Uuid, generation: u64) -> Result<Renewal, Error> {
        let inner = &self.inner;
        let Some(bound) = &principal.bound else { return Ok(Renewal::Refused) };
        let renewed = async {
            let refreshed = inner.ports.registry.refresh_line(line, generation, inner.show_for()).await;
            match refreshed.map_err(|error| inner.ports.store_error(error))? {
                Refreshed::Next { generation, left } => {
                    let issued = inner.sign(bound, line, generation, left)?;
                    inner.audit(principal, Some(bound), Event::Tokens { line, turn: TokenTurn::Refreshed });
                    Ok(Renewal::Fresh(issued))
                }
                Refreshed::Keep => Ok(Renewal::Keep),
                Refreshed::Refused(refusal) => {
                    inner.refused(principal, line, refusal);
                    Ok(Renewal::Refused)
                }
            }
        };
        renewed.await.map_err(|error| inner.failed(principal, Some(bound), error))
    }

    /// Ends a line: none of its tokens counts any more.
    pub async fn forget(&self, principal: &Principal, line: Uuid) -> Result<(), Error> {
        let inner = &self.inner;
        let bound = principal.bound.as_ref();
        let forgotten = inner.ports.registry.forget_line(line).await;
        forgotten.map_err(|error| inner.failed(principal, bound, inner.ports.store_error(error)))?;
        inner.audit(principal, bound, Event::Tokens { line, turn: TokenTurn::Revoked });
        Ok(())
    }
}

impl Inner {
    fn sign(&self, bound: &Bound, line: Uuid, generation: u64, left: Duration) -> Result<Issued, Error> {
        // In whole seconds, as tokens tell the time. No token outlives its line.
        let now = self.ports.clock.now();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let ttl = Duration::from_secs(self.rules.token_ttl.min(left).as_secs());
        let token = self.tokens.as_ref().and_then(|tokens| tokens.issue(bound, line, generation, now, ttl));
        let token = token.ok_or_else(|| {
            let message = "no secret is configured to sign session tokens with; the operator has to give one";
            Error::new(Reason::SessionTokensDisabled, message)
        })?;
        Ok(Issued { token, expires: after(now, ttl) })
    }

    fn show_for(&self) -> Duration {
        self.rules.token_ttl + self.rules.shown_late
    }

    /// What was replaced, or never issued, has just ended its line. The rest is no news.
    fn refused(&self, principal: &Principal, line: Uuid, refusal: Refusal) {
        match refusal {
            Refusal::Reused => {
                self.audit(principal, principal.bound.as_ref(), Event::Tokens { line, turn: TokenTurn::Reused });
            }
            Refusal::Revoked | Refusal::Over | Refusal::Unknown => {}
        }
    }

    fn failed(&self, principal: &Principal, bound: Option<&Bound>, error: Error) -> Error {
        self.audit(principal, bound, Event::Failed { reason: error.reason });
        upstream::spread(error, self.ports.entropy.unit())
    }

    fn audit(&self, principal: &Principal, bound: Option<&Bound>, event: Event<'_>) {
        self.ports.audit.record(&Record { principal, session: bound.map(Session::from), handshake: None, event });
    }
}
