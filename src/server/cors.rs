//! Which pages in browsers may call, and what they may see of the answer.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::layers::{rate_limit, request_id};

/// What a page may send besides.
const SENT: [HeaderName; 9] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("connect-protocol-version"),
    HeaderName::from_static("connect-timeout-ms"),
    HeaderName::from_static("grpc-timeout"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-grpc-web"),
    HeaderName::from_static("x-user-agent"),
];

/// What a page may read: how a call ended stands here, in refusals too.
const SEEN: [HeaderName; 4] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    RETRY_AFTER,
];

/// How long a browser need not ask again; Chromium keeps it no longer.
const REMEMBERED: Duration = Duration::from_hours(2);

/// Lets pages of exactly these origins call, with their cookies.
pub(super) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    let sent = SENT.into_iter().chain([request_id::NAME]);
    let seen = SEEN.into_iter().chain(rate_limit::NAMES).chain([request_id::NAME]);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_credentials(true)
        .allow_methods([Method::POST, Method::DELETE, Method::GET])
        .allow_headers(sent.collect::<Vec<_>>())
        .expose_headers(seen.collect::<Vec<_>>())
        .max_age(REMEMBERED)
}
