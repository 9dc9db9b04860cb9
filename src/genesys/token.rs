//! The access token that all calls share, minted by one flight at a time.

mod mint;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use reqwest::header::HeaderValue;
use tokio::time::{Instant, sleep, timeout_at};

use self::mint::Mint;
use super::client::Http;
use super::{Settings, TokenRefresh, observe};
use crate::ports::{Entropy, UpstreamError};

/// How long minting rests after a failure, and after a forced refresh that did not help: minting is limited too, and wrong
/// credentials do not get right by insisting.
const REST: Duration = Duration::from_secs(5);

/// The longest rest that login may ask for: meanwhile nobody is served.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// How often the token's age is shown: about as often as somebody looks.
const SHOW_EVERY: Duration = Duration::from_secs(5);

/// One access token.
#[derive(Debug)]
pub(super) struct Token {
    /// The whole header, marked sensitive: made once, and printed by nobody.
    header: HeaderValue,
    asked: Instant,
    /// When its successor is minted: at nine tenths of its life. That leaves a short token several timeouts, and the usual
    /// one of a day more than two hours for an outage of login that no caller notices.
    stale: Instant,
    expires: Instant,
}

/// Where tokens come from.
pub(super) struct Tokens {
    mint: Mint,
    entropy: Arc<dyn Entropy>,
    refresh: TokenRefresh,
    state: Mutex<State>,
    /// How many tokens calls have shared.
    shared: AtomicU64,
}

type Minted = Result<Arc<Token>, UpstreamError>;

/// A mint under way. It is a task of its own, so that it outlives the callers who wait for it.
type Flight = Shared<BoxFuture<'static, Minted>>;

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    flight: Option<Flight>,
    rest: Option<Rest>,
    forced: Option<Instant>,
}

/// After a failed mint: until when there is none, and what callers are told meanwhile.
struct Rest {
    until: Instant,
    error: UpstreamError,
}

// === impl Token ===

impl Token {
    fn new(header: HeaderValue, asked: Instant, life: Duration) -> Self {
        Self { header, asked, stale: asked + life * 9 / 10, expires: asked + life }
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

// === impl Tokens ===

impl Tokens {
    pub(super) fn new(settings: Settings, http: Http, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            refresh: settings.token_refresh,
            mint: Mint::new(settings, http),
            entropy,
            state: Mutex::default(),
            shared: AtomicU64::new(0),
        }
    }

    /// How many tokens calls have shared so far.
    pub(super) fn renewed(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    /// A token to call with.
    pub(super) async fn get(self: &Arc<Self>, deadline: Instant) -> Minted {
        timeout_at(deadline, self.obtain()).await.unwrap_or(Err(UpstreamError::Timeout))
    }

    /// A token, however long its mint takes; that is bounded by its tries.
    pub(super) async fn obtain(self: &Arc<Self>) -> Minted {
        let minting = match self.refresh {
            TokenRefresh::Cached => self.cached()?,
            TokenRefresh::PerRequest => {
                self.lock().check_rest()?;
                Minting::Under(self.fly())
            }
        };
        match minting {
            Minting::Done(token) => Ok(token),
            Minting::Under(flight) => flight.await,
        }
    }

    /// A token instead of one that Genesys refused.
    pub(super) async fn replace(self: &Arc<Self>, refused: &Arc<Token>, deadline: Instant) -> Minted {
        if self.refresh == TokenRefresh::PerRequest {
            // It was minted a moment ago; another would fare no better.
            return Err(UpstreamError::Unauthorized);
        }
        self.lock().discard(refused)?;
        self.get(deadline).await
    }

    fn cached(self: &Arc<Self>) -> Result<Minting, UpstreamError> {
        let now = Instant::now();
        let mut state = self.lock();
        if let Some(token) = state.token.clone().filter(|token| now < token.expires) {
            if now >= token.stale && state.check_rest().is_ok() {
                // In the background: this caller has what it needs.
                drop(self.board(&mut state));
            }
            return Ok(Minting::Done(token));
        }
        state.check_rest()?;
        Ok(Minting::Under(self.board(&mut state)))
    }

    /// Joins the mint under way, or starts one.
    fn board(self: &Arc<Self>, state: &mut State) -> Flight {
        // A flight that has ended and still stands here has crashed.
        let under_way = state.flight.take().filter(|flight| flight.peek().is_none());
        let flight = under_way.unwrap_or_else(|| self.fly());
        state.flight = Some(flight.clone());
        flight
    }

    fn fly(self: &Arc<Self>) -> Flight {
        let tokens = Arc::clone(self);
        let task = tokio::spawn(async move {
            let minted = tokens.mint.make(tokens.entropy.as_ref()).await.map(Arc::new);
            tokens.lock().land(&minted);
            if let (Ok(token), TokenRefresh::Cached) = (&minted, tokens.refresh) {
                tokens.shared.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(show_age(Arc::downgrade(token)));
            }
            minted
        });
        async { task.await.unwrap_or(Err(UpstreamError::Unreachable)) }.boxed().shared()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows how old the shared token is, until it is replaced.
async fn show_age(token: Weak<Token>) {
    while let Some(asked) = token.upgrade().map(|token| token.asked) {
        observe::token_age(asked.elapsed());
        sleep(SHOW_EVERY).await;
    }
}

/// What a caller is given to go on with.
enum Minting {
    Done(Arc<Token>),
    Under(Flight),
}

// === impl State ===

impl State {
    fn check_rest(&self) -> Result<(), UpstreamError> {
        let now = Instant::now();
        self.rest.as_ref().filter(|rest| now < rest.until).map_or(Ok(()), |rest| Err(rest.error.clone()))
    }

    /// Forgets the token if it is still the current one: of many calls that it failed, one causes the refresh.
    fn discard(&mut self, refused: &Arc<Token>) -> Result<(), UpstreamError> {
        if !self.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            return Ok(());
        }
        let now = Instant::now();
        if self.forced.is_some_and(|forced| now < forced + REST) {
            // It is itself the fruit of a refusal: the fault is not the token's.
            return Err(UpstreamError::Unauthorized);
        }
        self.forced = Some(now);
        self.token = None;
        Ok(())
    }

    fn land(&mut self, minted: &Minted) {
        self.flight = None;
        match minted {
            Ok(token) => {
                self.token = Some(Arc::clone(token));
                self.rest = None;
            }
            Err(error) => {
                let asked_for = match error {
                    UpstreamError::RateLimited { retry_after } | UpstreamError::Server { retry_after, .. } => {
                        *retry_after
                    }
                    _ => None,
                };
                let until = Instant::now() + asked_for.unwrap_or_default().clamp(REST, LONGEST_REST);
                self.rest = Some(Rest { until, error: error.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests;
