//! Invariant 7 on the wire: answers that the simulator cannot give, byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::SimOptions;
use jiff::{SignedDuration, Timestamp};
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::retryable;
use crate::servers::Server;
use crate::support::{Chat, Harness};

/// Services that share the cells.
const WORKERS: usize = 6;

/// What comes back, and whether the connection is then closed or left hanging.
#[derive(Debug, Clone)]
struct Bytes {
    bytes: Vec<u8>,
    hangs: bool,
}

/// A server that answers every request with the same bytes.
#[derive(Clone)]
struct Raw {
    url: String,
    answer: Arc<Mutex<Bytes>>,
}

impl Raw {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let raw = Self { url, answer: Arc::new(Mutex::new(Bytes { bytes: Vec::new(), hangs: false })) };
        let answer = Arc::clone(&raw.answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.lock().unwrap().clone();
                tokio::spawn(serve(stream, answer));
            }
        });
        raw
    }

    fn answers(&self, bytes: impl Into<Vec<u8>>) {
        self.answers_with(Bytes { bytes: bytes.into(), hangs: false });
    }

    fn answers_with(&self, bytes: Bytes) {
        *self.answer.lock().unwrap() = bytes;
    }
}

async fn serve(mut stream: TcpStream, answer: Bytes) {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut request).await, Ok(1..)) {
            return;
        }
    }
    // The peer may have left meanwhile.
    let _ = stream.write_all(&answer.bytes).await;
    if answer.hangs {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let _ = stream.shutdown().await;
}

/// A service whose API is raw and whose login is the simulator's.
async fn harness(raw: &Raw) -> Harness {
    harness_with(raw, &[]).await
}

async fn harness_with(raw: &Raw, settings: &[(&str, &str)]) -> Harness {
    let own = [("genesys.timeout", "400ms"), ("genesys.budget_per_minute", "100000"), ("genesys.api_url", &raw.url)];
    Harness::with(SimOptions::default(), &[&own, settings].concat()).await
}

/// The conversation, DISCONNECTED for so long by our own clock.
fn conversation(harness: &Harness, chat: &Chat, age: i64) -> String {
    let updated: Timestamp = harness.control.now() - SignedDuration::from_secs(age);
    let customer = &chat.customer;
    format!(
        r#"{{"id": "{}", "status": "DISCONNECTED", "updatedTime": "{updated:.3}",
        "participants": [{{"id": "{customer}", "role": "CUSTOMER", "status": "DISCONNECTED"}}]}}"#,
        chat.conversation
    )
}

fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_usable_date_the_services_own_clock_judges() {
    let raw = Raw::start().await;
    let harness = harness(&raw).await;
    let dates = [
        "",
        "date: yesterday\r\n",
        "date: \r\n",
        "date: 2024-05-15T14:32:10Z\r\n",
        "date: 1715783530\r\n",
        "date: Mon, 15 May 2024 14:32:10 GMT\r\n",
        "date: Wed, 99 May 2024 14:32:10 GMT\r\n",
        "date: Wed, 15 May 9999999 14:32:10 GMT\r\n",
        "x-date: Wed, 15 May 2024 14:32:10 GMT\r\n",
        "date: \u{e9}\u{e9}\r\n",
    ];
    for date in dates {
        for (age, expected) in [
            (0, (Decision::Resumable, Reason::WithinWindow)),
            // Ahead of our clock.
            (-3_600, (Decision::Resumable, Reason::WithinWindow)),
            (290, (Decision::Resumable, Reason::WithinWindow)),
            (310, (Decision::NewRoutingRequired, Reason::WindowExpired)),
        ] {
            let chat = Chat::dropped(&harness);
            raw.answers(ok(date, &conversation(&harness, &chat, age)));
            let answer = chat.validate().await.unwrap();
            assert_eq!((answer.decision(), answer.reason()), expected, "{date:?} at {age} s");
        }
    }
    harness.stop().await.unwrap();
}

/// And without the store's: this host's.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_usable_date_and_a_store_there_is_a_clock_still() {
    let (raw, server) = (Raw::start().await, Server::start(&[]));
    let harness = harness_with(&raw, &[("store.url", &server.url()), ("genesys.degraded_share", "1")]).await;
    server.kill();
    for (age, expected) in [
        (0, (Decision::Resumable, Reason::WithinWindow)),
        (290, (Decision::Resumable, Reason::WithinWindow)),
        (450, (Decision::NewRoutingRequired, Reason::WindowExpired)),
    ] {
        let chat = Chat::dropped(&harness);
        raw.answers(ok("", &conversation(&harness, &chat, age)));
        for intent in [Intent::Resume, Intent::Heartbeat] {
            let answer = chat.validate_as("tab", intent).await.unwrap();
            assert!(answer.degraded);
            assert_eq!((answer.decision(), answer.reason()), expected, "{intent:?} at {age} s");
            let told = answer.as_of_time.unwrap().seconds - harness.control.now().as_second();
            assert!((-60..=0).contains(&told), "{told} s from now");
        }
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_over_the_wire_the_session_is_kept_and_resumed_afterwards() {
    let (gone, broken) = ("UPSTREAM_UNAVAILABLE", "UPSTREAM_MALFORMED");
    let endless = format!("{}\r\n{}", "x".repeat(0xffff), "ffff\r\n").repeat(20);
    let many_headers = "x-header: more\r\n".repeat(200);
    let cells: Vec<(Vec<u8>, &str)> = vec![
        (b"".into(), gone),
        (b"HTTP/1.1 200".into(), gone),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n".into(), gone),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{".into(), gone),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}".into(), gone),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".into(), gone),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}".into(), gone),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n".into(), gone),
        (b"HTTP/9.9 200 OK\r\n\r\n{}".into(), gone),
        (b"\x15\x03\x01\x00\x02\x02\x28".into(), gone),
        (b"SSH-2.0-OpenSSH_9.6\r\n".into(), gone),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), gone),
        (format!("HTTP/1.1 200 OK\r\n{many_headers}\r\n{{}}").into(), gone),
        (b"HTTP/1.0 200 OK\r\n\r\n".into(), broken),
        (b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x00{".into(), broken),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08\x00".into(), broken),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".into(), broken),
        (b"HTTP/1.1 301 Moved\r\nlocation: /oauth/token\r\ncontent-length: 0\r\n\r\n".into(), broken),
        (format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n{endless}").into(), broken),
        (format!("HTTP/1.1 200 OK\r\n\r\n[{}", "[".repeat(200_000)).into(), broken),
        (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{{", u64::MAX / 2).into(), broken),
    ];
    let hanging =
        ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{", "HTTP/1.1 100 Continue\r\n\r\n"];
    let ending = cells.into_iter().map(|(bytes, expected)| (Bytes { bytes, hangs: false }, expected));
    let hanging = hanging.map(|bytes| (Bytes { bytes: bytes.into(), hangs: true }, "UPSTREAM_TIMEOUT"));
    let cells: Vec<(Bytes, &str)> = ending.chain(hanging).collect();
    let workers = (0..WORKERS).map(async |worker| {
        let raw = Raw::start().await;
        let harness = harness(&raw).await;
        for (bytes, expected) in cells.iter().skip(worker).step_by(WORKERS) {
            let shown = String::from_utf8_lossy(&bytes.bytes[..bytes.bytes.len().min(80)]);
            let chat = Chat::dropped(&harness);
            raw.answers_with(bytes.clone());
            let told = retryable(&chat.validate().await.unwrap_err());
            assert_eq!(&told.0, expected, "{shown:?}");
            raw.answers(ok("", &conversation(&harness, &chat, 0)));
            assert_eq!(chat.validate().await.unwrap().decision(), Decision::Resumable, "after {shown:?}");
        }
        harness.stop().await.unwrap();
    });
    join_all(workers).await;
}

/// Nobody listens: nothing was sent, and the caller is told to return.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_the_session_is_kept() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let settings = [("genesys.timeout", "400ms"), ("genesys.api_url", &format!("http://{free}"))];
    let harness = Harness::with(SimOptions::default(), &settings).await;
    let chat = Chat::dropped(&harness);
    assert_eq!(retryable(&chat.validate().await.unwrap_err()).0, "UPSTREAM_UNAVAILABLE");
    harness.stop().await.unwrap();
}
