//! HTTP/2 frame by frame: what the listener allows, and what it does not.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::door::call;
use crate::served::{SOON, Served, patient};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ENHANCE_YOUR_CALM: u32 = 0xb;

/// GET /who, from the static table of HPACK but for path and authority.
const WHO: &[u8] = b"\x82\x86\x04\x04/who\x01\x01x";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

async fn connected(served: &Served) -> TcpStream {
    let mut stream = served.connect().await;
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    stream
}

/// The next frame: its kind, flags, stream and payload. None: the connection has ended.
async fn next(stream: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
    let reading = async {
        let mut header = [0; 9];
        stream.read_exact(&mut header).await.ok()?;
        let [a, b, c, kind, flags, id @ ..] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await.ok()?;
        Some((kind, flags, u32::from_be_bytes(id), payload))
    };
    timeout(SOON, reading).await.expect("a frame, or the end")
}

#[tokio::test]
async fn the_limits_are_told_to_the_peer() {
    let served = Served::start(patient());
    let (kind, _, _, settings) = next(&mut connected(&served).await).await.unwrap();
    assert_eq!(kind, SETTINGS);
    let told = |id: u16| {
        let mut pairs = settings.chunks(6);
        let found = pairs.find(|pair| pair[..2] == id.to_be_bytes());
        found.map(|pair| u32::from_be_bytes(pair[2..].try_into().unwrap()))
    };
    let (max_streams, window, max_headers) = (told(3), told(4), told(6));
    assert_eq!((max_streams, window, max_headers), (Some(200), Some(128 * 1024), Some(16 * 1024)));
}

#[tokio::test]
async fn headers_without_end_are_refused_and_not_kept() {
    let served = Served::start(patient());
    let mut stream = connected(&served).await;
    // 10,000 headers, each a literal that is not to be indexed.
    let headers: Vec<u8> = (0..10_000).flat_map(|number| format!("\0\x06h{number:05}\x01x").into_bytes()).collect();
    let block = [WHO, &headers].concat();
    let mut pieces = block.chunks(16 * 1024).peekable();
    let mut frames = frame(HEADERS, END_STREAM, 1, pieces.next().unwrap());
    while let Some(piece) = pieces.next() {
        let flags = if pieces.peek().is_none() { END_HEADERS } else { 0 };
        frames.extend(frame(CONTINUATION, flags, 1, piece));
    }
    // The connection may end while they are still being sent.
    let _ = stream.write_all(&frames).await;
    let refused = async {
        // An answer, a reset, or the end of the connection.
        while let Some((kind, ..)) = next(&mut stream).await {
            if matches!(kind, HEADERS | RST_STREAM | GOAWAY) {
                break;
            }
        }
    };
    timeout(SOON, refused).await.expect("they are refused");
    assert_eq!(served.calls(), 0);
    assert!(call(&mut served.connect().await).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn streams_that_are_opened_to_be_reset_end_the_connection() {
    let served = Served::start(patient());
    let mut stream = connected(&served).await;
    let pairs = (0..10_000).flat_map(|number| {
        let id = number * 2 + 1;
        let opened = frame(HEADERS, END_STREAM | END_HEADERS, id, WHO);
        [opened, frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())].concat()
    });
    let _ = stream.write_all(&pairs.collect::<Vec<u8>>()).await;
    let mut told = None;
    while let Some((kind, _, _, payload)) = next(&mut stream).await {
        if kind == GOAWAY {
            told = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
    }
    // A reset of the connection may overtake it.
    assert!(told.is_none_or(|code| code == ENHANCE_YOUR_CALM), "{told:?}");
    assert!(served.calls() < 10_000, "{}", served.calls());
}
