//! One call to Genesys from its budget to its understood answer, in as many tries as are safe and fit in its deadline.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, Span};
use url::Url;

use super::Settings;
use super::answer::Answer;
use super::breaker::Verdict;
use super::circuit::{Circuits, Pass};
use super::client::Http;
use super::forbidden;
use super::observe;
use super::operation::Operation;
use super::retries::Retries;
use super::spans;
use super::token::{Token, Tokens};
use crate::ports::{Budget, Clock, Entropy, Settled, UpstreamError};

/// A read that has less time than this is not worth a turn of the budget.
const SHORTEST_READ: Duration = Duration::from_millis(20);

/// What to send.
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
}

/// Makes calls.
pub(super) struct Api {
    http: Http,
    tokens: Arc<Tokens>,
    circuits: Circuits,
    retries: Retries,
    budget: Arc<dyn Budget>,
    entropy: Arc<dyn Entropy>,
}

// === impl Api ===

impl Api {
    pub(super) fn new(
        settings: Settings,
        budget: Arc<dyn Budget>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, reqwest::Error> {
        let http = Http::new(settings.timeout, clock)?;
        let tokens = Arc::new(Tokens::new(settings, http.clone(), Arc::clone(&entropy)));
        Ok(Self { http, tokens, circuits: Circuits::new(&entropy), retries: Retries::new(), budget, entropy })
    }

    pub(super) async fn sign_in(&self) -> Result<(), UpstreamError> {
        self.tokens.obtain().await.map(|_| ())
    }

    /// How many tokens calls have shared so far.
    pub(super) fn renewed(&self) -> u64 {
        self.tokens.renewed()
    }

    /// Makes a call. `understand` reads an answer, whatever its status; whatever it makes of it counts as the try's outcome.
    pub(super) async fn call<T>(
        &self,
        call: &Call,
        deadline: Instant,
        understand: impl Fn(&Answer) -> Result<T, UpstreamError> + Send + Sync,
    ) -> Result<T, UpstreamError> {
        self.write(call, deadline, understand).await.map(|(understood, _)| understood)
    }

    /// Makes a call that changes something, and says how surely it is over.
    pub(super) async fn write<T>(
        &self,
        call: &Call,
        deadline: Instant,
        understand: impl Fn(&Answer) -> Result<T, UpstreamError> + Send + Sync,
    ) -> Result<(T, Settled), UpstreamError> {
        forbidden::check(&call.method, &call.url)?;
        let mut doubt = None;
        let result = self.tries(call, deadline, &understand, &mut doubt).await;
        let settled = if doubt.is_none() { Settled::Surely } else { Settled::Perhaps };
        result.map(|understood| (understood, settled)).map_err(|error| match doubt {
            // A later try that certainly did nothing does not tell what an earlier one did.
            Some(doubt) if call.operation.writes() && !error.outcome_unknown() => doubt,
            _ => error,
        })
    }

    /// Leaves in `doubt` an error whose try may have taken effect and was followed by another.
    async fn tries<T>(
        &self,
        call: &Call,
        deadline: Instant,
        understand: &(impl Fn(&Answer) -> Result<T, UpstreamError> + Send + Sync),
        doubt: &mut Option<UpstreamError>,
    ) -> Result<T, UpstreamError> {
        let mut tried = 1;
        let mut renewed = false;
        let mut sent = 0;
        // First of all: while nothing is to be sent, nothing is waited for or paid.
        let mut pass = self.circuits.admit(call.operation)?;
        // Then the token: while none is to be had, nothing is sent that could cost anything.
        let mut token = self.tokens.get(deadline).await.map_err(nothing_sent)?;
        loop {
            self.spend(call, deadline).await?;
            pass.check()?;
            if tried == 1 && !renewed {
                self.retries.earn();
            }
            let span = spans::attempt(call, sent);
            sent += 1;
            let attempt = self.attempt(call, &token, deadline, pass, understand);
            let error = match attempt.instrument(span).await {
                Ok(understood) => return Ok(understood),
                Err(error) => error,
            };
            if error == UpstreamError::Unauthorized && !renewed {
                renewed = true;
                token = self.tokens.replace(&token, deadline).await.map_err(nothing_sent)?;
                pass = self.circuits.admit(call.operation)?.again();
            } else {
                let Some(wait) = call.operation.wait(&error, tried, self.entropy.unit()) else {
                    return Err(error);
                };
                if Instant::now() + wait >= deadline {
                    return Err(error);
                }
                // This failure may have been the one that opened the circuit.
                let Ok(next) = self.circuits.admit(call.operation) else { return Err(error) };
                if !self.retries.spend(call.operation) {
                    return Err(error);
                }
                if error.outcome_unknown() {
                    *doubt = Some(error);
                }
                (pass, tried) = (next.again(), tried + 1);
                sleep(wait).await;
            }
        }
    }

    async fn spend(&self, call: &Call, deadline: Instant) -> Result<(), UpstreamError> {
        // A turn at the deadline itself would leave no time for the call. A write that is cut short is worse than none: nobody
        // knows what became of it.
        let needed = if call.operation.writes() { self.http.timeout() / 2 } else { SHORTEST_READ };
        let latest = deadline.checked_sub(needed).unwrap_or(deadline);
        if latest < Instant::now() {
            return Err(UpstreamError::Unreachable);
        }
        self.budget.take(latest).await.map_err(|spent| {
            observe::not_called(call.operation, "budget", spent.retry_after);
            UpstreamError::Budget { retry_after: spent.retry_after }
        })
    }

    async fn attempt<T>(
        &self,
        call: &Call,
        token: &Token,
        deadline: Instant,
        pass: Pass<'_>,
        understand: &(impl Fn(&Answer) -> Result<T, UpstreamError> + Send + Sync),
    ) -> Result<T, UpstreamError> {
        let request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(AUTHORIZATION, token.header());
        let span = Span::current();
        let request = request.headers(spans::headers(&span));
        let request = match &call.body {
            Some(body) => request.json(body),
            // Said aloud: some gateways answer 411 to a POST that does not say how long it is.
            None if call.method == Method::POST => request.header(CONTENT_LENGTH, HeaderValue::from_static("0")),
            None => request,
        };
        let began = Instant::now();
        let answer = self.http.exchange(request, deadline).await;
        let result = answer.as_ref().map_err(Clone::clone).and_then(understand);
        observe::exchange(call.operation, began.elapsed(), answer.as_ref().ok(), &result);
        // A wait that the caller cut short says nothing. A write has no more than the timeout for all of its call.
        let cut_short = answer.is_err() && deadline < began + self.http.timeout() * 9 / 10;
        spans::ended(&span, answer.as_ref().ok(), &result);
        pass.settle(verdict(&result, cut_short));
        result
    }
}

/// What a try says about whether Genesys is there. A refusal says that it is.
fn verdict<T>(result: &Result<T, UpstreamError>, cut_short: bool) -> Verdict {
    match result {
        Err(UpstreamError::Timeout | UpstreamError::Unreachable) if cut_short => Verdict::Nothing,
        Err(UpstreamError::Timeout | UpstreamError::Unreachable | UpstreamError::Reset) => Verdict::Failed,
        // 501 is a refusal, too.
        Err(UpstreamError::Server { status, .. }) if *status != 501 => Verdict::Failed,
        _ => Verdict::Answered,
    }
}

/// Why a call could not be made for want of a token, in words that do not claim anything of the call itself: no message was
/// sent in doubt, and no conversation was looked for.
fn nothing_sent(error: UpstreamError) -> UpstreamError {
    match error {
        UpstreamError::RateLimited { .. } => error,
        UpstreamError::Unauthorized
        | UpstreamError::Forbidden
        | UpstreamError::NotFound
        | UpstreamError::Conflict
        | UpstreamError::Rejected { .. }
        | UpstreamError::Withheld(_) => UpstreamError::Unauthorized,
        UpstreamError::Budget { .. }
        | UpstreamError::CircuitOpen { .. }
        | UpstreamError::Unreachable
        | UpstreamError::Timeout
        | UpstreamError::Reset
        | UpstreamError::Server { .. }
        | UpstreamError::Malformed(_) => UpstreamError::Unreachable,
    }
}
