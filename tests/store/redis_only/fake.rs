//! A server that says what no server at hand would say.

use std::net::Ipv4Addr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Answers each command by its name, and is gone when dropped.
pub(super) struct Fake {
    pub(super) url: String,
    _serving: JoinSet<()>,
}

impl Fake {
    pub(super) async fn start(answer: fn(&str) -> String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut speaking = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                speaking.spawn(speak(stream, answer));
            }
        });
        Self { url, _serving: serving }
    }
}

async fn speak(stream: TcpStream, answer: fn(&str) -> String) {
    let mut stream = BufReader::new(stream);
    while let Some(command) = heard(&mut stream).await {
        if stream.write_all(answer(&command).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A command's words.
async fn heard(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut words = Vec::new();
    for _ in 0..number(stream).await? {
        let mut word = vec![0; number(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        words.push(String::from_utf8_lossy(&word).trim().to_owned());
    }
    Some(words.join(" ").to_uppercase())
}

/// The number after `*` or `$`.
async fn number(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim().get(1..)?.parse().ok()
}

/// What a server says of itself, as version 2 of the protocol has it.
pub(super) fn hello(version: &str, mode: &str, role: &str) -> String {
    let told = [["server", "redis"], ["version", version], ["mode", mode], ["role", role]];
    let bulk = |word: &str| format!("${}\r\n{word}\r\n", word.len());
    format!("*8\r\n{}", told.concat().into_iter().map(bulk).collect::<String>())
}
