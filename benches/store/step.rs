//! The command that a replay sends to Redis, as Redis saw it.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::redis_server::RedisServer;

const WITHIN: Duration = Duration::from_secs(10);

/// Watches the server while `replay` runs, and answers the one command it sent: `EVALSHA`, hash, keys and arguments.
pub(crate) async fn seen(
    redis: &RedisServer,
    replay: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Vec<String>> {
    let mut lines = BufReader::new(TcpStream::connect(("127.0.0.1", redis.port())).await?).lines();
    lines.get_mut().write_all(b"MONITOR\r\n").await?;
    ensure!(next(&mut lines).await? == "+OK", "the server cannot be watched");
    replay.await?;
    loop {
        let line = next(&mut lines).await?;
        let words = words(&line).with_context(|| format!("not as expected: {line}"))?;
        if words.first().is_some_and(|word| word.eq_ignore_ascii_case("EVALSHA")) {
            return Ok(words);
        }
    }
}

async fn next(lines: &mut Lines<BufReader<TcpStream>>) -> anyhow::Result<String> {
    timeout(WITHIN, lines.next_line()).await.context("nothing was seen")??.context("the server stopped telling")
}

/// The quoted words of `+1700000000.123456 [0 127.0.0.1:1234] "EVALSHA" "5d41..." "2" ...`. Ours hold no byte that is escaped.
fn words(line: &str) -> Option<Vec<String>> {
    let (_, quoted) = line.split_once("] ")?;
    if quoted.contains('\\') {
        return None;
    }
    let quoted = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(quoted.split("\" \"").map(str::to_owned).collect())
}
