//! Heads that are too large are refused before anybody sees them.

use tokio::io::AsyncWriteExt as _;

use crate::door::{call, rest};
use crate::served::{Served, patient};

async fn asked(head: &str) -> (String, Served) {
    let served = Served::start(patient());
    let mut stream = served.connect().await;
    // The connection may end while it is still being sent.
    let _ = stream.write_all(format!("GET /who HTTP/1.1\r\nhost: x\r\n{head}\r\n").as_bytes()).await;
    let told = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
    (told, served)
}

fn headers(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|number| format!("h{number}: x\r\n")).collect();
    lines.concat()
}

#[tokio::test]
async fn one_header_too_many_is_refused() {
    let headers = headers(100);
    let (told, served) = asked(&headers).await;
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    assert_eq!(served.calls(), 0);
}

#[tokio::test]
async fn a_hundred_are_served() {
    let headers = headers(98);
    let (told, served) = asked(&format!("{headers}connection: close\r\n")).await;
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
    assert_eq!(served.calls(), 1);
}

#[tokio::test]
async fn heads_without_end_are_not_kept() {
    let many = headers(10_000);
    let large = format!("h: {}\r\n", "x".repeat(10 * 1024 * 1024));
    for head in [many, large] {
        let (told, served) = asked(&head).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 431 "), "{told}");
        assert_eq!(served.calls(), 0);
        assert!(call(&mut served.connect().await).await.starts_with("HTTP/1.1 200 OK"));
    }
}
