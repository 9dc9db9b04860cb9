//! The one boundary where an error becomes a gRPC status.

use std::collections::HashMap;

use http::Response;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::domain::error::{Error, Kind, Reason};

/// The domain of every `google.rpc.ErrorInfo` of ours.
const DOMAIN: &str = "sessionresumption";

/// The gRPC status of an error, with `ErrorInfo`, and `RetryInfo` and `BadRequest` where they help.
pub fn status(error: Error) -> Status {
    let mut details = ErrorDetails::new();
    let first = error.violations.first().map(|violation| ("field".to_owned(), violation.field.clone()));
    details.set_error_info(error.reason.wire(), DOMAIN, HashMap::from_iter(first));
    if let Some(after) = error.retry_after {
        details.set_retry_info(Some(after));
    }
    for violation in &error.violations {
        details.add_bad_request_violation(
            &violation.field,
            format!("{}: {}", violation.reason.wire(), violation.description),
        );
    }
    Status::with_error_details(code(error.kind()), error.message, details)
}

fn code(kind: Kind) -> Code {
    match kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::NotFound => Code::NotFound,
        Kind::Precondition => Code::FailedPrecondition,
        Kind::Conflict => Code::Aborted,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::Deadline => Code::DeadlineExceeded,
        Kind::Internal => Code::Internal,
    }
}

/// The answer to a call whose deadline passed.
pub fn deadline_exceeded<B: Default>() -> Response<B> {
    let message = "the call's deadline passed; repeating it is safe and continues where it stood";
    status(Error::new(Reason::DeadlineExceeded, message)).into_http()
}
