//! Peers that do not read what they asked for.

use std::time::Duration;

use session_resumption::listener::{Settings, Times};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::door::{DOORS, Door, shake};
use crate::served::{PATIENT, patient};

const SHORT: Duration = Duration::from_millis(300);

fn stalling() -> Settings {
    Settings { times: Times { stalled: SHORT, ..PATIENT }, ..patient() }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_dropped() {
    for door in [Door::Http1, Door::Https1] {
        let (mut served, authority, _place) = door.open(&stalling());
        let mut stream: Box<dyn AsyncWrite + Unpin> = match door {
            Door::Https1 => Box::new(shake(&served, &authority).await),
            _ => Box::new(served.connect().await),
        };
        let began = Instant::now();
        stream.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        stream.flush().await.unwrap();
        served.begun().await;
        served.dropped().await;
        assert!(began.elapsed() >= SHORT, "{door:?}");
    }
}

/// There the connection could carry it: it is the call's window that stays shut.
#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_with_http2() {
    for door in DOORS.into_iter().filter(|door| door.version() == reqwest::Version::HTTP_2) {
        let (mut served, authority, _place) = door.open(&stalling());
        let client = door.client(&authority, None);
        let unread = client.get(door.url(&served, "/endless")).send().await.unwrap();
        served.dropped().await;
        drop(unread);
    }
}
