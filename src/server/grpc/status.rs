//! The one boundary where an error becomes a gRPC status.

use std::collections::HashMap;

use http::Response;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::domain::error::{Error, Kind, Reason};

/// The domain of every `google.rpc.ErrorInfo` of ours.
const DOMAIN: &str = "sessionresumption";

/// Bad fields told at once. An error travels in headers, of which many clients read no more than 8 KiB; the message says how
/// many there are.
const MAX_VIOLATIONS: usize = 20;

/// What is told of bytes that cannot be decoded.
pub(in crate::server) const NOT_A_MESSAGE: &str = "the request is not a message of this method";

/// The gRPC status of an error, with `ErrorInfo`, and `RetryInfo` and `BadRequest` where they help.
pub fn status(error: Error) -> Status {
    metrics::counter!("session_resumption_errors_total", "reason" => error.reason.wire()).increment(1);
    let mut details = ErrorDetails::new();
    let first = error.violations.first().map(|violation| ("field".to_owned(), violation.field.clone()));
    details.set_error_info(error.reason.wire(), DOMAIN, HashMap::from_iter(first));
    if let Some(after) = error.retry_after {
        details.set_retry_info(Some(after));
    }
    for violation in error.violations.iter().take(MAX_VIOLATIONS) {
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
        Kind::Forbidden => Code::PermissionDenied,
        Kind::NotFound => Code::NotFound,
        Kind::Exists => Code::AlreadyExists,
        Kind::Precondition => Code::FailedPrecondition,
        Kind::Conflict => Code::Aborted,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::Deadline => Code::DeadlineExceeded,
        Kind::Internal => Code::Internal,
    }
}

/// A request that is larger than the service reads.
fn too_large() -> Error {
    Error::new(Reason::RequestTooLarge, "the request is larger than 1 MiB; send less at once")
}

/// The answer that tells of an error.
pub fn answer<B: Default>(error: Error) -> Response<B> {
    status(error).into_http()
}

/// The code an answer is counted under. That of a call that succeeded stands in the trailers.
pub fn code_of<B>(response: &Response<B>) -> &'static str {
    Status::from_header_map(response.headers()).map_or("OK", |status| code_name(status.code()))
}

/// A code's name in the gRPC specification.
pub(in crate::server) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Gives a reason to what tonic refused before a handler saw it. Whatever comes from a handler has one.
pub(in crate::server) fn explain<B: Default>(response: Response<B>) -> Response<B> {
    let unexplained = Status::from_header_map(response.headers()).filter(|status| status.details().is_empty());
    let error = match unexplained.map(|status| status.code()) {
        Some(Code::OutOfRange) => too_large(),
        Some(Code::Internal) => Error::new(Reason::MalformedRequest, NOT_A_MESSAGE),
        _ => return response,
    };
    status(error).into_http()
}
