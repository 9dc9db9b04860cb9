//! What a failure of Genesys means to our callers: a retryable error with a delay, never a decision.

use std::time::Duration;

use crate::domain::error::{Error, Reason};
use crate::ports::UpstreamError;

/// After a fault that may pass at once.
const SOON: Duration = Duration::from_secs(2);
/// After a fault that an operator, or time, has to mend.
const LATER: Duration = Duration::from_secs(10);
/// The longest delay before it is spread, whatever Genesys or the budget asks of us: with it, a minute at most.
const LONGEST: Duration = Duration::from_secs(30);

/// The error our callers see.
pub(super) fn error(error: &UpstreamError) -> Error {
    let (reason, message, after) = match error {
        UpstreamError::Budget { retry_after } => (
            Reason::BudgetExhausted,
            "the budget of requests to genesys is spent for the moment",
            (*retry_after).min(LONGEST),
        ),
        // No sooner than after any other fault: until then whoever finds out for all is under way.
        UpstreamError::CircuitOpen { retry_after } => (
            Reason::UpstreamUnavailable,
            "genesys keeps failing, so it is not asked for the moment",
            (*retry_after).clamp(SOON, LONGEST),
        ),
        UpstreamError::Unreachable | UpstreamError::Reset => {
            (Reason::UpstreamUnavailable, "genesys cannot be reached", SOON)
        }
        UpstreamError::Timeout => (Reason::UpstreamTimeout, "genesys did not answer in time", SOON),
        UpstreamError::Server { retry_after, .. } => {
            (Reason::UpstreamUnavailable, "genesys failed", retry_after.unwrap_or(SOON).min(LONGEST))
        }
        UpstreamError::RateLimited { retry_after } => (
            Reason::UpstreamRateLimited,
            "genesys limits the rate of requests",
            retry_after.unwrap_or(LATER).min(LONGEST),
        ),
        UpstreamError::Unauthorized => (
            Reason::UpstreamUnauthorized,
            "genesys refuses this service's credentials; its operator must check client id, secret and region",
            LATER,
        ),
        UpstreamError::Forbidden => (
            Reason::UpstreamForbidden,
            "this service's credentials lack a permission in genesys; its operator must grant it",
            LATER,
        ),
        UpstreamError::Malformed(_) => (Reason::UpstreamMalformed, "genesys' answer cannot be understood", LATER),
        UpstreamError::NotFound | UpstreamError::Rejected { .. } => {
            (Reason::UpstreamRejected, "genesys refused this service's request", LATER)
        }
        UpstreamError::Withheld(_) => {
            (Reason::UpstreamRejected, "this cannot be asked of genesys, and nothing was sent", LATER)
        }
        UpstreamError::Conflict => {
            (Reason::UpstreamConflict, "the conversation changed at the same moment; repeat the call", SOON)
        }
    };
    Error::retry(reason, message, after)
}

/// The same for a read, with which nothing can conflict: a 409 is then a refusal like any other.
pub(super) fn read_error(error: &UpstreamError) -> Error {
    match error {
        UpstreamError::Conflict => self::error(&UpstreamError::Rejected { status: 409 }),
        error => self::error(error),
    }
}

/// Gives one caller its own time to return, between the delay and twice the delay: the same delay for all who failed
/// together would bring them back together.
pub(super) fn spread(mut error: Error, unit: f64) -> Error {
    error.retry_after = error.retry_after.map(|after| after + after.mul_f64(unit.clamp(0.0, 1.0)));
    error
}

/// The latest instant a delay can be spread to; until then a caller who waits as told is not late.
pub(super) fn latest_return(error: &Error) -> Duration {
    error.retry_after.unwrap_or(SOON) * 2
}
