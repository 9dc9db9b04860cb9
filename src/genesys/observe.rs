//! What operators see of the calls to Genesys: counts, times and a debug line; never bodies, tokens or conversation ids.

use std::time::Duration;

use metrics::{counter, histogram};
use tracing::debug;

use super::answer::Answer;
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
}

/// Records a call that was not made for want of budget.
pub(super) fn no_budget(operation: Operation, retry_after: Duration) {
    let outcome = "budget";
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

/// Records the end of a token's minting, its tries taken together.
pub(super) fn mint<T>(result: &Result<T, UpstreamError>) {
    counter!("session_resumption_token_mints_total", "outcome" => outcome(result)).increment(1);
}

/// A word from a closed set, for labels.
fn outcome<T>(result: &Result<T, UpstreamError>) -> &'static str {
    let Err(error) = result else { return "ok" };
    match error {
        UpstreamError::Budget { .. } => "budget",
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
    }
}
