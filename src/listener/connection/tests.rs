//! Peers that are slow, in time that stands still while anything happens.

use std::convert::Infallible;

use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;
use crate::listener::write_timeout::WriteTimeout;

const TIMES: Times = Times {
    handshake: Duration::from_secs(1),
    first_byte: Duration::from_secs(2),
    head: Duration::from_secs(10),
    idle: Duration::from_secs(75),
    stalled: Duration::from_secs(30),
    grace: Duration::from_secs(20),
    reload: Duration::from_secs(5),
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A frame of no settings.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// A frame of one: a stream may be sent nothing.
const NO_WINDOW: &[u8] = &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0];
const SETTINGS_ACK: &[u8] = &[0, 0, 0, 4, 1, 0, 0, 0, 0];
/// GET /quick, whole, on stream 1: from the static table of HPACK, but for path and authority.
const GET_QUICK: &[u8] = b"\0\0\x0d\x01\x05\0\0\0\x01\x82\x86\x04\x06/quick\x01\x01x";

const QUICK: &[u8] = b"GET /quick HTTP/1.1\r\nhost: x\r\n\r\n";
const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
const ENDLESS: &[u8] = b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n";

/// How long `/slow` takes.
const LONG: Duration = Duration::from_mins(10);

struct Served {
    far: DuplexStream,
    began: Instant,
    closing: CancellationToken,
    serving: JoinHandle<()>,
}

impl Served {
    fn new(age: Option<Duration>) -> Self {
        let app =
            Router::new().route("/quick", get(async || "done")).route("/slow", get(async || sleep(LONG).await)).route(
                "/endless",
                get(async || {
                    let piece = || Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 1024])));
                    Body::new(StreamBody::new(futures_util::stream::repeat_with(piece)))
                }),
            );
        let (near, far) = duplex(4 * 1024);
        let near = WriteTimeout::new(near, TIMES.stalled);
        let closing = CancellationToken::new();
        let ending = Ending { age, closing: closing.clone() };
        let peer = Peer::new(([127, 0, 0, 1], 1).into());
        let serving = tokio::spawn(serve(near, app, peer, TIMES, ending));
        Self { far, began: Instant::now(), closing, serving }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.far.write_all(bytes).await.unwrap();
    }

    /// One answer of HTTP/1.1 that has a body of four bytes.
    async fn answer(&mut self) -> String {
        let mut told = String::new();
        while !told.ends_with("\r\n\r\ndone") {
            told.push(char::from(self.far.read_u8().await.unwrap()));
        }
        told
    }

    /// Everything that still comes, and the second in which it ends.
    async fn end(mut self) -> (String, u64) {
        let mut rest = Vec::new();
        let _ = self.far.read_to_end(&mut rest).await;
        self.serving.await.unwrap();
        (String::from_utf8_lossy(&rest).into_owned(), self.began.elapsed().as_secs())
    }

    /// The same, of a peer that reads nothing.
    async fn end_unread(self) -> u64 {
        self.serving.await.unwrap();
        self.began.elapsed().as_secs()
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_is_not_waited_for() {
    assert_eq!(Served::new(None).end().await, (String::new(), 2));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_was_begun_has_to_end() {
    for begun in [&b"P"[..], b"PRI * HT", b"GET /quick HTTP/1.1\r\nhost", b"\r\n", PREFACE, &PREFACE[..23]] {
        let mut served = Served::new(None);
        sleep(Duration::from_secs(1)).await;
        served.send(begun).await;
        assert_eq!(served.end().await.1, 11, "{}", begun.escape_ascii());
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_gets_no_more_time() {
    let mut served = Served::new(None);
    let mut taken = 0;
    for byte in QUICK {
        taken += u64::from(served.far.write_all(&[*byte]).await.is_ok());
        sleep(Duration::from_secs(1)).await;
    }
    // The first at once, and the last one in the very second in which it ends.
    assert!((10..=11).contains(&taken), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn between_requests_there_is_more_time_than_within_one() {
    let mut idle = Served::new(None);
    idle.send(QUICK).await;
    idle.answer().await;
    assert_eq!(idle.end().await, (String::new(), 75));

    let mut slow = Served::new(None);
    slow.send(QUICK).await;
    slow.answer().await;
    sleep(Duration::from_secs(70)).await;
    slow.send(&QUICK[..10]).await;
    assert_eq!(slow.end().await, (String::new(), 80));

    let mut regular = Served::new(None);
    for _ in 0..10 {
        regular.send(QUICK).await;
        regular.answer().await;
        sleep(Duration::from_secs(70)).await;
    }
    assert_eq!(regular.end().await, (String::new(), 9 * 70 + 75));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_may_take_its_time() {
    let mut served = Served::new(None);
    served.send(SLOW).await;
    let (answer, seconds) = served.end().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(seconds, LONG.as_secs() + 75);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_reads_is_given_up() {
    let mut served = Served::new(None);
    served.send(ENDLESS).await;
    assert_eq!(served.end_unread().await, 30);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_read_slowly_goes_on() {
    let mut served = Served::new(None);
    served.send(ENDLESS).await;
    for _ in 0..20 {
        sleep(Duration::from_secs(25)).await;
        served.far.read_exact(&mut [0; 4 * 1024]).await.unwrap();
    }
    assert_eq!(served.end_unread().await, 500 + 30);
}

#[tokio::test(start_paused = true)]
async fn http2_may_be_idle_as_long_as_it_answers_pings() {
    let mut served = Served::new(None);
    served.send(&[PREFACE, SETTINGS, SETTINGS_ACK].concat()).await;
    // It answers none: one is sent after 30 s, and waited for as long.
    assert_eq!(served.end().await.1, 60);

    let mut alive = Served::new(None);
    alive.send(&[PREFACE, SETTINGS, SETTINGS_ACK].concat()).await;
    let mut pings = 0;
    while pings < 10 {
        let mut header = [0; 9];
        alive.far.read_exact(&mut header).await.unwrap();
        let mut payload = vec![0; usize::from(header[2])];
        alive.far.read_exact(&mut payload).await.unwrap();
        if header[3] == 6 {
            pings += 1;
            alive.send(&[&[0, 0, 8, 6, 1, 0, 0, 0, 0], &payload[..]].concat()).await;
        }
    }
    assert_eq!(alive.began.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_window_stays_shut_is_given_up() {
    let mut served = Served::new(None);
    served.send(&[PREFACE, NO_WINDOW, SETTINGS_ACK, GET_QUICK].concat()).await;
    let (told, seconds) = served.end().await;
    assert!(!told.contains("done"));
    assert_eq!(seconds, 30);

    let mut open = Served::new(None);
    open.send(&[PREFACE, SETTINGS, SETTINGS_ACK, GET_QUICK].concat()).await;
    let (told, seconds) = open.end().await;
    assert!(told.contains("done"));
    assert_eq!(seconds, 60, "its pings are not answered");
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_ends_after_its_calls() {
    let age = Some(Duration::from_mins(1));
    let mut idle = Served::new(age);
    idle.send(QUICK).await;
    let answer = idle.answer().await;
    assert!(!answer.contains("connection: close"), "{answer}");
    assert_eq!(idle.end().await, (String::new(), 60));

    // Its grace is not yet over when the answer comes.
    let mut calling = Served::new(Some(Duration::from_secs(590)));
    calling.send(SLOW).await;
    let (answer, seconds) = calling.end().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close"), "{answer}");
    assert_eq!(seconds, LONG.as_secs());
}

#[tokio::test(start_paused = true)]
async fn calls_that_outlast_the_grace_are_dropped_with_their_connection() {
    let mut served = Served::new(Some(Duration::from_mins(1)));
    served.send(SLOW).await;
    assert_eq!(served.end().await, (String::new(), 60 + 20));

    let mut http2 = Served::new(Some(Duration::from_secs(5)));
    http2.send(&[PREFACE, SETTINGS, SETTINGS_ACK].concat()).await;
    // It does not answer the ping by which the end is agreed on.
    assert_eq!(http2.end().await.1, 5 + 20);
}

#[tokio::test(start_paused = true)]
async fn at_the_closing_calls_are_answered_however_long_they_take() {
    let mut served = Served::new(None);
    served.send(SLOW).await;
    sleep(Duration::from_secs(1)).await;
    served.closing.cancel();
    let (answer, seconds) = served.end().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("connection: close"), "{answer}");
    assert_eq!(seconds, LONG.as_secs());
}

#[tokio::test(start_paused = true)]
async fn at_the_closing_what_has_come_is_a_call_in_flight() {
    let mut served = Served::new(None);
    served.send(QUICK).await;
    served.closing.cancel();
    let (answer, seconds) = served.end().await;
    assert!(answer.ends_with("done"), "{answer}");
    assert_eq!(seconds, 0);
}

#[tokio::test(start_paused = true)]
async fn at_the_closing_nobody_waits_for_those_who_say_nothing() {
    for said in [&b""[..], QUICK] {
        let mut served = Served::new(None);
        served.send(said).await;
        if !said.is_empty() {
            served.answer().await;
        }
        sleep(Duration::from_secs(1)).await;
        served.closing.cancel();
        assert_eq!(served.end().await, (String::new(), 1));
    }
}
