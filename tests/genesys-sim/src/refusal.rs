//! A call that is turned down, by the contract's own rules or for breaking them.

use axum::http::StatusCode;

use crate::{ControlError, answer::Answer};

/// The answer to a refused call, and how it broke the contract if it did.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) answer: Answer,
    pub(crate) violation: Option<String>,
}

// === impl Refusal ===

impl Refusal {
    /// Any client may meet this one: a race, a limit, an expiry.
    pub(crate) fn regular(answer: Answer) -> Self {
        Self { answer, violation: None }
    }

    /// Only a faulty client meets this one.
    pub(crate) fn violation(answer: Answer, why: impl Into<String>) -> Self {
        Self { answer, violation: Some(why.into()) }
    }

    /// The common violation: 400 with the reason as its message.
    pub(crate) fn bad_request(why: impl Into<String>) -> Self {
        let why = why.into();
        Self::violation(Answer::error(StatusCode::BAD_REQUEST, why.clone()), why)
    }

    pub(crate) fn conflict() -> Self {
        let message = "The request conflicts with the current state of the target resource.";
        Self::regular(Answer::error(StatusCode::CONFLICT, message))
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::regular(Answer::error(StatusCode::UNAUTHORIZED, "Invalid login credentials."))
    }
}

impl From<ControlError> for Refusal {
    fn from(error: ControlError) -> Self {
        let status = match error {
            ControlError::NotFound => StatusCode::NOT_FOUND,
            ControlError::Conflict(_) => return Self::conflict(),
            ControlError::Invalid(_) => StatusCode::BAD_REQUEST,
        };
        Self::regular(Answer::error(status, error.to_string()))
    }
}
