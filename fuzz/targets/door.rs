//! The serving port: any request, by any protocol, has an answer that its protocol allows, and none of them is our fault.

#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;
use session_resumption_fuzz::{block_on, door, peer};
use tower::ServiceExt as _;

static DOOR: LazyLock<axum::Router> = LazyLock::new(door);

const METHODS: [&str; 5] = [
    "/sessionresumption.v1.SessionResumption/ValidateSession",
    "/sessionresumption.v1.SessionResumption/ConfirmReattach",
    "/sessionresumption.v1.SessionResumption/InjectContext",
    "/sessionresumption.v1.SessionRegistry/RegisterSession",
    "/sessionresumption.v1.SessionRegistry/IssueSessionToken",
];

const TYPES: [&str; 6] = [
    "application/grpc",
    "application/grpc-web",
    "application/grpc-web-text",
    "application/json",
    "application/proto",
    "application/json; charset=utf-8",
];

#[derive(Debug, arbitrary::Arbitrary)]
enum Path<'a> {
    Known(u8),
    Any(&'a str),
}

#[derive(Debug, arbitrary::Arbitrary)]
struct Given<'a> {
    method: Option<&'a str>,
    path: Path<'a>,
    media_type: Option<u8>,
    headers: Vec<(&'a str, &'a [u8])>,
    /// Whether the body is put into a frame.
    framed: bool,
    body: &'a [u8],
}

fn request(given: &Given<'_>) -> Option<Request<Body>> {
    let path = match given.path {
        Path::Known(which) => METHODS[usize::from(which) % METHODS.len()],
        Path::Any(path) => path,
    };
    let method = given.method.map_or(Ok(Method::POST), |name| Method::from_bytes(name.as_bytes())).ok()?;
    let mut request = Request::builder().method(method).uri(path);
    if let Some(which) = given.media_type {
        request = request.header("content-type", TYPES[usize::from(which) % TYPES.len()]);
    }
    for (name, value) in &given.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request = request.header(name, HeaderValue::from_bytes(value).ok()?);
    }
    let mut body = given.body.to_vec();
    if given.framed {
        let length = u32::try_from(body.len()).ok()?.to_be_bytes();
        body.splice(0..0, [&[0][..], &length].concat());
    }
    let mut request = request.body(Body::from(body)).ok()?;
    request.extensions_mut().insert(peer());
    Some(request)
}

fuzz_target!(|given: Given<'_>| {
    let Some(request) = request(&given) else { return };
    // Built before, since that waits as well.
    let door = DOOR.clone();
    block_on(async {
        let Ok(answer) = door.oneshot(request).await;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("an answer comes to its end");
        let status = head.headers.get("grpc-status").or_else(|| body.trailers()?.get("grpc-status"));
        // 13 is INTERNAL, 2 UNKNOWN, 15 DATA_LOSS.
        let ours = status.is_some_and(|status| ["13", "2", "15"].iter().any(|fault| status == fault));
        assert!(!ours && head.status != 500, "{given:?}: {head:?}");
    });
});
