//! The serving port: any request, by any protocol, has an answer that its protocol allows, and none of them is our fault.
//!
//! The input is a request as HTTP/1.1 writes it: a method and a path, headers, an empty line, the body. `frame` for a header puts the
//! body into a gRPC frame.

#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;
use session_resumption_fuzz::{block_on, door, peer};
use tower::ServiceExt as _;

static DOOR: LazyLock<axum::Router> = LazyLock::new(door);

fn request(given: &[u8]) -> Option<Request<Body>> {
    let end = given.windows(2).position(|pair| pair == b"\n\n").unwrap_or(given.len());
    let (head, rest) = given.split_at(end);
    let mut body = rest.get(2..).unwrap_or_default().to_vec();
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, path) = first.split_once(' ')?;
    // Whoever watches does so without end.
    if path.contains("Watch") {
        return None;
    }
    let mut request = Request::builder().method(method).uri(path);
    for line in lines {
        if line == b"frame" {
            let length = u32::try_from(body.len()).ok()?.to_be_bytes();
            body.splice(0..0, [&[0][..], &length].concat());
            continue;
        }
        let at = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..at], line[at + 1..].trim_ascii());
    }
    let mut request = request.body(Body::from(body)).ok()?;
    request.extensions_mut().insert(peer());
    Some(request)
}

fuzz_target!(|given: &[u8]| {
    let Some(request) = request(given) else { return };
    // Built before, since that waits as well.
    let door = DOOR.clone();
    block_on(async {
        let Ok(answer) = door.oneshot(request).await;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("an answer comes to its end");
        let status = head.headers.get("grpc-status").or_else(|| body.trailers()?.get("grpc-status"));
        let is_grpc = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/grpc");
        assert!(!is_grpc || status.is_some(), "gRPC without a status: {head:?}");
        // 13 is INTERNAL, 2 UNKNOWN, 15 DATA_LOSS.
        let ours = status.is_some_and(|status| ["13", "2", "15"].iter().any(|fault| status == fault));
        assert!(!ours && head.status != 500, "{head:?}");
        let refused = [400, 401, 403, 404, 405, 409, 413, 415, 429, 499, 501, 503, 504];
        assert!(head.status.is_success() || refused.iter().any(|code| head.status == *code), "{head:?}");
    });
});
