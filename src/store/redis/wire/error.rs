//! A leader's failure as a text.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::error::{self as domain, Reason};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Error {
    reason: String,
    message: String,
    retry_after: Option<Duration>,
    violations: Vec<Violation>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Violation {
    field: String,
    reason: String,
    description: String,
}

impl From<domain::Error> for Error {
    fn from(error: domain::Error) -> Self {
        let violation = |violation: domain::Violation| Violation {
            field: violation.field,
            reason: violation.reason.wire().to_owned(),
            description: violation.description,
        };
        Self {
            reason: error.reason.wire().to_owned(),
            message: error.message,
            retry_after: error.retry_after,
            violations: error.violations.into_iter().map(violation).collect(),
        }
    }
}

impl Error {
    /// None when it names a reason that this version does not know.
    pub(super) fn into_domain(self) -> Option<domain::Error> {
        let violation = |violation: Violation| {
            let reason = reason(&violation.reason)?;
            Some(domain::Violation { field: violation.field, reason, description: violation.description })
        };
        Some(domain::Error {
            reason: reason(&self.reason)?,
            message: self.message,
            retry_after: self.retry_after,
            violations: self.violations.into_iter().map(violation).collect::<Option<_>>()?,
        })
    }
}

fn reason(wire: &str) -> Option<Reason> {
    Reason::ALL.iter().copied().find(|reason| reason.wire() == wire)
}
