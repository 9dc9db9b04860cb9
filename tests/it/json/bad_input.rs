//! What is no call of ours is refused in the protocol's form, at once, and reaches nobody.

use std::time::Duration;

use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, ORIGIN};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::door::{Answer, Door, JSON, PROTO};
use crate::support::Harness;
use crate::support::wire::{CONFIRM, INJECT, VALIDATE};

const MIB: usize = 1024 * 1024;
const VALIDATE_PATH: &str = "/sessionresumption.v1.SessionResumption/ValidateSession";
const BAD: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "invalid_argument");

async fn quiet() -> (Harness, Door) {
    let harness = Harness::start().await;
    harness.control.clear_ledger();
    let door = Door::to(&harness);
    (harness, door)
}

async fn nothing_was_asked(harness: Harness) {
    assert_eq!(harness.paths(), Vec::<String>::new());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_we_do_not_read_is_415_and_says_which_we_do() {
    let (harness, door) = quiet().await;
    for kind in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/json5"),
        Some("application/connect+json"),
        Some("application/json; charset=utf-16"),
        Some("application/json, application/json"),
        Some("application"),
        Some("\u{e4}"),
    ] {
        let mut request = door.post(VALIDATE).body("{}");
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let answer = Answer::of(request).await;
        assert_eq!(
            answer.refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_argument").reason(),
            "MALFORMED_REQUEST"
        );
        assert_eq!(answer.headers["accept-post"], "application/json, application/proto, application/grpc", "{kind:?}");
    }
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_json_however_it_is_spelled() {
    let (harness, door) = quiet().await;
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
    ] {
        let answer = Answer::of(door.post(VALIDATE).header(CONTENT_TYPE, kind).body("{}")).await;
        assert_eq!(answer.refused(BAD.0, BAD.1).reason(), "INVALID_ID", "{kind}");
    }
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_are_called_by_post_alone() {
    let (harness, door) = quiet().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer =
            Answer::of(door.request(method.clone(), VALIDATE_PATH).header(CONTENT_TYPE, JSON).body("{}")).await;
        answer.refused(StatusCode::METHOD_NOT_ALLOWED, "unimplemented");
        let allowed: Vec<_> = answer.headers.get_all(ALLOW).iter().collect();
        assert_eq!(allowed, ["POST"], "{method}");
    }
    let head = Answer::of(door.request(Method::HEAD, VALIDATE_PATH)).await;
    assert_eq!((head.status, &head.headers[ALLOW]), (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap()));
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_no_method_is_404() {
    let (harness, door) = quiet().await;
    for path in [
        "/",
        "/favicon.ico",
        "/sessionresumption.v1.SessionResumption",
        "/sessionresumption.v1.SessionResumption/",
        "/sessionresumption.v1.SessionResumption/validatesession",
        "/sessionresumption.v1.SessionResumption/ValidateSession/",
        "/sessionresumption.v1.SessionResumption/ValidateSession/x",
        "/sessionresumption.v1.SessionResumption//ValidateSession",
        "//sessionresumption.v1.SessionResumption/ValidateSession",
        "/sessionresumption.v2.SessionResumption/ValidateSession",
        "/sessionresumption.v1.SessionRegistry/ValidateSession",
        "/sessionresumption.v1.SessionResumption/RegisterSession",
        "/sessionresumption.v1.SessionResumption/%2e%2e/ValidateSession",
        "/grpc.health.v1.Health/Check",
        "/metrics",
    ] {
        for method in [Method::POST, Method::GET] {
            let answer = Answer::of(door.request(method, path).header(CONTENT_TYPE, JSON).body("{}")).await;
            answer.refused(StatusCode::NOT_FOUND, "unimplemented");
        }
    }
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_ask_for_what_we_do_not_speak_are_refused() {
    let (harness, door) = quiet().await;
    let unimplemented = (StatusCode::NOT_IMPLEMENTED, "unimplemented");
    for (name, value, (status, code)) in [
        ("connect-protocol-version", "2", BAD),
        ("connect-protocol-version", "", BAD),
        ("connect-protocol-version", "1.0", BAD),
        ("connect-timeout-ms", "soon", BAD),
        ("connect-timeout-ms", "-1", BAD),
        ("connect-timeout-ms", "12345678901", BAD),
        ("content-encoding", "gzip", unimplemented),
        ("content-encoding", "br, identity", unimplemented),
        ("content-encoding", "", unimplemented),
    ] {
        let request = door.post(VALIDATE).header(CONTENT_TYPE, JSON).header(name, value).body("{}");
        let refused = Answer::of(request).await.refused(status, code);
        if status == StatusCode::BAD_REQUEST {
            assert_eq!(refused.reason(), "MALFORMED_REQUEST", "{name}: {value}");
        } else {
            assert!(refused.0["message"].as_str().unwrap().ends_with("identity"), "{}", refused.0);
        }
    }
    for (name, value) in
        [("connect-protocol-version", "1"), ("connect-timeout-ms", "9999999999"), ("content-encoding", "Identity")]
    {
        let request = door.post(VALIDATE).header(CONTENT_TYPE, JSON).header(name, value).body("{}");
        assert_eq!(Answer::of(request).await.refused(BAD.0, BAD.1).reason(), "INVALID_ID", "{name}: {value}");
    }
    let twice = door
        .post(VALIDATE)
        .header(CONTENT_TYPE, JSON)
        .header(CONTENT_ENCODING, "identity")
        .header(CONTENT_ENCODING, "gzip");
    Answer::of(twice.body("{}")).await.refused(unimplemented.0, unimplemented.1);
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_a_browser_is_not_trusted_for_coming_from_loopback() {
    let (harness, door) = quiet().await;
    // The second one is the page's own origin, as far as its browser can tell.
    for origin in ["https://evil.example", harness.address.as_str(), "null"] {
        let asked = |method| {
            let body = json!({"conversationId": "c", "participantId": "p"}).to_string();
            Answer::of(door.post(method).header(CONTENT_TYPE, JSON).header(ORIGIN, origin).body(body))
        };
        let refused = asked(CONFIRM).await.refused(StatusCode::UNAUTHORIZED, "unauthenticated");
        assert_eq!(refused.reason(), "UNAUTHENTICATED", "{origin}");
        // What the guide asks for: a customer whom nobody knows is told what to do, and not that something failed.
        let told = asked(VALIDATE).await;
        assert_eq!(told.ok()["route"], "REAUTHENTICATE", "{origin}");
    }
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_message_are_refused_and_not_quoted() {
    let (harness, door) = quiet().await;
    for method in [VALIDATE, CONFIRM, INJECT] {
        for body in [
            "",
            " ",
            "secret",
            "null",
            "[]",
            "7",
            "{\"conversationId\": 7}",
            "{\"handshakeId\": \"secret\"",
            "{} secret",
        ] {
            let answer = Answer::of(door.post(method).header(CONTENT_TYPE, JSON).body(body)).await;
            let refused = answer.refused(BAD.0, BAD.1);
            assert_eq!(refused.reason(), "MALFORMED_REQUEST", "{method} {body}");
            let message = refused.0["message"].as_str().unwrap();
            assert!(
                message.contains("at line 1, column ") && !message.contains("secret"),
                "{method} {body}: {message}"
            );
        }
        for body in [b"\xff".to_vec(), b"\x0a\x05ab".to_vec(), b"\x0a\x01\xff".to_vec(), b"{}".to_vec()] {
            let answer = Answer::of(door.post(method).header(CONTENT_TYPE, PROTO).body(body.clone())).await;
            assert_eq!(answer.refused(BAD.0, BAD.1).reason(), "MALFORMED_REQUEST", "{method} {body:?}");
        }
    }
    nothing_was_asked(harness).await;
}

/// Sends a body without telling its length, and reads the answer.
async fn in_pieces(harness: &Harness, body: &str) -> String {
    let mut socket = TcpStream::connect(harness.address.trim_start_matches("http://")).await.unwrap();
    let head = "host: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n";
    socket.write_all(format!("POST {VALIDATE_PATH} HTTP/1.1\r\n{head}\r\n").as_bytes()).await.unwrap();
    for piece in body.as_bytes().chunks(10_000) {
        let length = format!("{:x}\r\n", piece.len());
        socket.write_all(&[length.as_bytes(), piece, b"\r\n"].concat()).await.unwrap();
    }
    socket.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with('}') {
        let mut bytes = vec![0; 4_096];
        let read = timeout(Duration::from_secs(10), socket.read(&mut bytes)).await.expect("an answer").unwrap();
        assert!(read > 0, "it ends in the middle: {answer}");
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mebibyte_is_read_and_one_byte_more_is_not() {
    let (harness, door) = quiet().await;
    for (size, reason) in [(MIB, "TEXT_TOO_LONG"), (MIB + 1, "REQUEST_TOO_LARGE")] {
        let mut request = json!({"conversationId": "c", "participantId": "p", "disconnectReason": ""}).to_string();
        let at = request.find("Reason\":\"").unwrap() + "Reason\":\"".len();
        request.insert_str(at, &"x".repeat(size - request.len()));
        assert_eq!(request.len(), size);
        let whole = Answer::of(door.post(VALIDATE).header(CONTENT_TYPE, JSON).body(request.clone())).await;
        assert_eq!(whole.refused(BAD.0, BAD.1).reason(), reason, "{size}");
        let told = in_pieces(&harness, &request).await;
        assert!(told.starts_with("HTTP/1.1 400 ") && told.contains(reason), "{size} in pieces: {told}");
    }
    nothing_was_asked(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_goes_its_own_way() {
    let (harness, _) = quiet().await;
    let door = Door::by_http2(&harness);
    for path in [VALIDATE_PATH, "/sessionresumption.v1.SessionResumption/Nothing", "/"] {
        let answer =
            Answer::of(door.request(Method::POST, path).header(CONTENT_TYPE, "application/grpc").body("{}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers.contains_key("grpc-status"), "{path}: {answer:?}");
    }
    nothing_was_asked(harness).await;
}
