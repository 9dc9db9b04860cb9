//! Errors as the Connect protocol has them: a code, a message and details in JSON, whatever the request's own type is.

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use prost_types::Any;
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::codec::Codec;
use crate::domain::error::{Error, Reason};
use crate::server::descriptors;
use crate::server::grpc::{code_name, status};

/// What `POST` takes, for those who sent something else.
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const TYPES: HeaderValue = HeaderValue::from_static("application/json, application/proto, application/grpc");

/// A status with all its details.
pub(in crate::server) fn response(status: &Status) -> Response {
    let (name, http) = code(status.code());
    let details = tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details;
    let details = details.iter().map(detail).collect();
    // By hand, so that what people look for comes first.
    let (message, details) = (json!(status.message()), Value::Array(details));
    let body = format!(r#"{{"code":"{name}","message":{message},"details":{details}}}"#);
    let http = StatusCode::from_u16(http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (http, [(CONTENT_TYPE, Codec::Json.media_type())], body).into_response();
    response.extensions_mut().insert(status.code());
    if status.code() == Code::Unauthenticated {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(delay) = status.get_details_retry_info().and_then(|info| info.retry_delay) {
        // Rounded up, so that nobody comes too early.
        let seconds = delay.as_secs().saturating_add(u64::from(delay.subsec_nanos() > 0));
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// One detail: its bytes, for programs; its fields, for people.
pub(in crate::server) fn detail(detail: &Any) -> Value {
    let name = detail.type_url.rsplit('/').next().unwrap_or_default();
    let value = STANDARD_NO_PAD.encode(&detail.value);
    let fields = descriptors::message(name).and_then(|message| DynamicMessage::decode(message, &*detail.value).ok());
    match fields.and_then(|fields| serde_json::to_value(fields).ok()) {
        Some(debug) => json!({"type": name, "value": value, "debug": debug}),
        None => json!({"type": name, "value": value}),
    }
}

/// The name of a code and the HTTP status that goes with it.
pub(in crate::server) fn code(code: Code) -> (&'static str, u16) {
    match code {
        Code::Cancelled => ("canceled", 499),
        Code::InvalidArgument => ("invalid_argument", 400),
        Code::DeadlineExceeded => ("deadline_exceeded", 504),
        Code::NotFound => ("not_found", 404),
        Code::AlreadyExists => ("already_exists", 409),
        Code::PermissionDenied => ("permission_denied", 403),
        Code::ResourceExhausted => ("resource_exhausted", 429),
        Code::FailedPrecondition => ("failed_precondition", 400),
        Code::Aborted => ("aborted", 409),
        Code::OutOfRange => ("out_of_range", 400),
        Code::Unimplemented => ("unimplemented", 501),
        Code::Internal => ("internal", 500),
        Code::Unavailable => ("unavailable", 503),
        Code::DataLoss => ("data_loss", 500),
        Code::Unauthenticated => ("unauthenticated", 401),
        // An error that says OK is one nobody knows.
        Code::Ok | Code::Unknown => ("unknown", 500),
    }
}

/// The answer that tells of an error.
pub(in crate::server) fn answer(error: Error) -> Response {
    response(&status(error))
}

/// The code an answer is counted under, which stands beside it.
pub(in crate::server) fn code_of(response: &Response) -> &'static str {
    response.extensions().get::<Code>().map_or("OK", |code| code_name(*code))
}

/// The answer to bodies of a type we do not read.
pub(super) fn unsupported_media_type() -> Response {
    let error = Error::new(Reason::MalformedRequest, "the content type must be application/json or application/proto");
    let headers = [(ACCEPT_POST, TYPES)];
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, headers, response(&status(error))).into_response()
}

/// The answer to all that is no method of the service.
pub(super) fn no_such_path() -> Response {
    let answer = response(&Status::unimplemented("the path names no method of this service"));
    (StatusCode::NOT_FOUND, answer).into_response()
}

/// The answer to whatever does not post.
pub(super) fn only_post() -> Response {
    let answer = response(&Status::unimplemented("the methods of this service are called by POST"));
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, HeaderValue::from_static("POST"))], answer).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_its_class() {
        for number in 0..17 {
            let (name, http) = code(Code::from(number));
            assert!(
                StatusCode::from_u16(http).is_ok_and(|http| http.is_client_error() || http.is_server_error()),
                "{name}"
            );
            assert_eq!(response(&Status::new(Code::from(number), "")).status(), http, "{name}");
        }
    }
}
