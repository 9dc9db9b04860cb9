//! Peers that keep a connection without using it.

use std::time::Duration;

use session_resumption::listener::{Settings, Times};
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use crate::certificates::{Authority, Place};
use crate::door::{Door, call, rest, shake};
use crate::served::{PATIENT, Served, patient};

const SHORT: Duration = Duration::from_millis(100);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn a_silent_connection_ends() {
    let served = Served::start(Settings { times: Times { first_byte: SHORT, ..PATIENT }, ..patient() });
    let began = Instant::now();
    assert_eq!(rest(&mut served.connect().await).await, b"");
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn so_does_one_that_is_silent_after_its_handshake() {
    let times = Times { first_byte: SHORT, ..PATIENT };
    let (served, authority, _place) = Door::Https1.open(&Settings { times, ..patient() });
    assert_eq!(rest(&mut shake(&served, &authority).await).await, b"");
}

#[tokio::test]
async fn a_request_that_was_begun_and_does_not_go_on_ends_it() {
    let served = Served::start(Settings { times: Times { head: SHORT, ..PATIENT }, ..patient() });
    for begun in [&b"P"[..], b"GET /who HTTP/1.1\r\nhost", PREFACE] {
        let began = Instant::now();
        let mut stream = served.connect().await;
        stream.write_all(begun).await.unwrap();
        rest(&mut stream).await;
        assert!(began.elapsed() >= SHORT, "{}", begun.escape_ascii());
    }
    assert_eq!(served.calls(), 0);
}

#[tokio::test]
async fn between_requests_one_may_be_idle_for_longer() {
    let times = Times { idle: SHORT * 10, ..PATIENT };
    let served = Served::start(Settings { times, ..patient() });
    let mut stream = served.connect().await;
    let mut began = Instant::now();
    for _ in 0..3 {
        began = Instant::now();
        assert!(call(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    assert_eq!(rest(&mut stream).await, b"");
    assert!(began.elapsed() >= SHORT * 10);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_about_ends_it() {
    let times = Times { handshake: SHORT, ..PATIENT };
    let (served, _, _place) = Door::Https1.open(&Settings { times, ..patient() });
    // A record of a handshake, with nothing of its 512 bytes.
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00"] {
        let began = Instant::now();
        let mut stream = served.connect().await;
        stream.write_all(begun).await.unwrap();
        assert_eq!(rest(&mut stream).await, b"");
        assert!(began.elapsed() >= SHORT);
    }
}

#[tokio::test]
async fn those_who_do_not_shake_hands_keep_nobody_out() {
    let (served, authority, _place) = Door::Https1.open(&patient());
    let mut silent = Vec::new();
    // More than may shake hands at once.
    for _ in 0..300 {
        silent.push(served.connect().await);
    }
    assert!(call(&mut shake(&served, &authority).await).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn places_for_handshakes_become_free_again() {
    let times = Times { handshake: SHORT * 20, ..PATIENT };
    let authority = Authority::new();
    let place = Place::new();
    place.put(&authority.issue());
    let tls = Some(std::sync::Arc::new(place.load().unwrap()));
    let served = Served::start(Settings { times, tls, ..patient() });
    let mut begun = Vec::new();
    for _ in 0..300 {
        let mut stream = served.connect().await;
        stream.write_all(b"\x16\x03\x01\x02\x00").await.unwrap();
        begun.push(stream);
    }
    for stream in &mut begun {
        rest(stream).await;
    }
    assert!(call(&mut shake(&served, &authority).await).await.starts_with("HTTP/1.1 200 OK"));
}
