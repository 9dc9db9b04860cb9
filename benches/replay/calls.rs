//! One connection of the load: keeps so many calls in flight, and looks at every answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tokio::time::Instant;

use crate::http2::{self, Frame, Requests};

/// A server that says nothing for so long is broken, not slow.
const SILENCE: Duration = Duration::from_secs(10);

/// One request to one server, again and again.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    /// Whom to ask.
    pub(crate) addr: SocketAddr,
    /// By TLS, and whom it trusts.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// What the request says.
    pub(crate) headers: Vec<(String, String)>,
    /// And asks.
    pub(crate) body: Vec<u8>,
}

/// A call that was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    /// When.
    pub(crate) at: Instant,
    /// After how long.
    pub(crate) took: Duration,
}

struct Call {
    stream: u32,
    sent: Instant,
    answer: Vec<u8>,
}

trait Connection: Read + Write {}

impl<T: Read + Write> Connection for T {}

impl Calls {
    /// Asks once, for the body of the answer.
    pub(crate) fn once(&self) -> anyhow::Result<Vec<u8>> {
        let mut answer = Vec::new();
        self.ask(1, &AtomicBool::new(true), |body| {
            answer = body.to_vec();
            Ok(())
        })?;
        Ok(answer)
    }

    /// Asks, with so many calls in flight, until told to stop; then waits for the last answers. `look` is shown the body of each.
    pub(crate) fn ask(
        &self,
        in_flight: usize,
        stop: &AtomicBool,
        mut look: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Vec<Answered>> {
        let mut stream = self.connect()?;
        let mut out = Vec::new();
        let mut requests = Requests::open(&mut out, &self.headers, &self.body);
        let mut calls = Vec::with_capacity(in_flight);
        let mut answered = Vec::new();
        for _ in 0..in_flight {
            calls.push(Call { stream: requests.send(&mut out)?, sent: Instant::now(), answer: Vec::new() });
        }
        stream.write_all(&out)?;

        let mut input = vec![0; 64 * 1024];
        let mut filled = 0;
        while !calls.is_empty() {
            let read = stream.read(&mut input[filled..]).context("the server says nothing")?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            out.clear();
            let now = Instant::now();
            let mut rest = &input[..filled];
            while let Some(frame) = http2::take(&mut rest) {
                let (stream, bytes, last) = match frame {
                    Frame::Data { stream, bytes, last } => (stream, bytes, last),
                    Frame::Headers { stream, last } => (stream, &[][..], last),
                    Frame::Window { more } => {
                        requests.widen(more);
                        continue;
                    }
                    Frame::Acknowledge { kind, bytes } => {
                        http2::acknowledge(&mut out, kind, bytes);
                        continue;
                    }
                    Frame::Refused => bail!("the server refused a call"),
                    Frame::Other => continue,
                };
                let index = calls.iter().position(|call| call.stream == stream).context("an answer to no call")?;
                let call = &mut calls[index];
                call.answer.extend_from_slice(bytes);
                if last {
                    look(&call.answer)?;
                    answered.push(Answered { at: now, took: now - call.sent });
                    if stop.load(Ordering::Relaxed) {
                        calls.swap_remove(index);
                    } else {
                        call.answer.clear();
                        call.sent = now;
                        call.stream = requests.send(&mut out)?;
                    }
                }
            }
            let left = filled - rest.len()..filled;
            filled = left.len();
            input.copy_within(left, 0);
            stream.write_all(&out)?;
        }
        Ok(answered)
    }

    fn connect(&self) -> anyhow::Result<Box<dyn Connection>> {
        let stream = TcpStream::connect(self.addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        let name = ServerName::from(self.addr.ip());
        let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(tls), name)?, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Box::new(stream))
    }
}
