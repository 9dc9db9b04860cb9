//! What operators see of the calls to Genesys: counts, times and a debug line; never bodies, tokens or conversation ids.

use std::time::Duration;

use metrics::{counter, gauge, histogram};
use tracing::{debug, info, warn};

use super::answer::{Answer, Refusal};
use super::breaker::Phase;
use super::operation::Operation;
use crate::ports::UpstreamError;

/// Records one exchange.
pub(super) fn exchange<T>(
    operation: Operation,
    elapsed: Duration,
    answer: Option<&Answer>,
    result: &Result<T, UpstreamError>,
) {
    let operation = operation.name();
    let outcome = outcome(result);
    counter!("session_resumption_upstream_calls_total", "operation" => operation, "outcome" => outcome).increment(1);
    histogram!("session_resumption_upstream_seconds", "operation" => operation).record(elapsed);
    debug!(
        operation,
        outcome,
        status = answer.map(|answer| answer.status().as_u16()),
        elapsed_ms = elapsed.as_millis(),
        correlation_id = answer.and_then(Answer::correlation_id),
        "called genesys"
    );
    if let Some(refusal) = answer.and_then(Answer::refusal) {
        refused(operation, &refusal, answer.and_then(Answer::correlation_id));
    }
}

/// Tells the operator what to mend. No more often than the budget lets calls be made.
fn refused(operation: &'static str, refusal: &Refusal, correlation_id: Option<&str>) {
    match refusal {
        Refusal::NeedsUser => {
            warn!(operation, correlation_id, "genesys refuses the call to every service: it requires a user context");
        }
        Refusal::Lacks(permissions) => {
            warn!(operation, permissions, correlation_id, "genesys refuses the call: a permission is missing");
        }
    }
}

/// Records a try that was not made, and why: `budget` or `circuit_open`.
pub(super) fn not_called(operation: Operation, outcome: &'static str, retry_after: Duration) {
    let operation = operation.name();
    counter!("session_resumption_upstream_calls_total", "operation" => operation, "outcome" => outcome).increment(1);
    debug!(operation, outcome, retry_after_ms = retry_after.as_millis(), "did not call genesys");
}

/// Records a failed try that was not made again because too many were.
pub(super) fn retry_denied(operation: Operation) {
    let operation = operation.name();
    counter!("session_resumption_upstream_retries_denied_total", "operation" => operation).increment(1);
    debug!(operation, "did not try again: too many calls were tried again lately");
}

/// Shows a circuit's state.
pub(super) fn circuit(access: &'static str, phase: Phase) {
    let shown = match phase {
        Phase::Closed => 0.0,
        Phase::HalfOpen => 1.0,
        Phase::Open => 2.0,
    };
    gauge!("session_resumption_upstream_breaker_state", "access" => access).set(shown);
}

/// Records a change of a circuit's state.
pub(super) fn circuit_changed(access: &'static str, phase: Phase) {
    circuit(access, phase);
    match phase {
        Phase::Open => {
            counter!("session_resumption_upstream_breaker_opened_total", "access" => access).increment(1);
            warn!(access, "genesys fails: nothing is sent for a while");
        }
        Phase::HalfOpen => info!(access, "one call finds out whether genesys is back"),
        Phase::Closed => info!(access, "genesys is back"),
    }
}

/// Records the end of a token's minting, its tries taken together.
pub(super) fn mint<T>(result: &Result<T, UpstreamError>) {
    counter!("session_resumption_token_mints_total", "outcome" => outcome(result)).increment(1);
}

/// Shows how old the token is that calls share.
pub(super) fn token_age(age: Duration) {
    gauge!("session_resumption_genesys_token_age_seconds").set(age.as_secs_f64());
}

/// A word from a closed set, for labels.
pub(super) fn outcome<T>(result: &Result<T, UpstreamError>) -> &'static str {
    let Err(error) = result else { return "ok" };
    match error {
        UpstreamError::Budget { .. } => "budget",
        UpstreamError::CircuitOpen { .. } => "circuit_open",
        UpstreamError::Unreachable => "unreachable",
        UpstreamError::Timeout => "timeout",
        UpstreamError::Reset => "reset",
        UpstreamError::Unauthorized => "unauthorized",
        UpstreamError::Forbidden => "forbidden",
        UpstreamError::NotFound => "not_found",
        UpstreamError::Conflict => "conflict",
        UpstreamError::RateLimited { .. } => "rate_limited",
        UpstreamError::Rejected { .. } => "rejected",
        UpstreamError::Server { .. } => "server",
        UpstreamError::Malformed(_) => "malformed",
        UpstreamError::Withheld(_) => "withheld",
    }
}
