//! More connections than may be, and those that end before they begin.

use std::time::Duration;

use session_resumption::listener::Settings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::door::{answer, call};
use crate::served::{SOON, Served, patient};

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() {
    let served = Served::start(Settings { max_connections: 2, ..patient() });
    let (mut first, mut second) = (served.connect().await, served.connect().await);
    call(&mut first).await;
    call(&mut second).await;

    let mut third = served.connect().await;
    third.write_all(b"GET /who HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // Those who are in are served as before, and the third is not.
    call(&mut first).await;
    assert!(timeout(Duration::from_millis(300), third.read_u8()).await.is_err());
    assert_eq!(served.calls(), 3);

    drop(second);
    assert!(answer(&mut third).await.starts_with("HTTP/1.1 200 OK"));
    call(&mut first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_reset_at_once_harm_nobody() {
    let served = Served::start(Settings { max_connections: 10, ..patient() });
    for _ in 0..1_000 {
        let stream = served.connect().await;
        // No time to linger: the other end gets a reset, which it may find when it accepts.
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        drop(stream);
    }
    assert!(call(&mut served.connect().await).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_crowd_waits_in_the_kernel() {
    let served = Served::start(Settings { max_connections: 1, ..patient() });
    let mut crowd = Vec::new();
    for _ in 0..1_000 {
        crowd.push(timeout(SOON, served.connect()).await.expect("there is room"));
    }
    for mut waiting in crowd {
        assert!(call(&mut waiting).await.starts_with("HTTP/1.1 200 OK"));
    }
}
