//! One connection of the load: keeps so many calls in flight, and looks at every answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use prost::Message as _;
use session_resumption::pb;
use tokio::time::Instant;

use crate::http2::{self, Frame, Requests};

/// A server that says nothing for so long is broken, not slow.
const SILENCE: Duration = Duration::from_secs(10);

/// What gRPC puts before a message: whether it is compressed, and its length.
const FRAMING: usize = 5;

/// Whom to ask what, and what is right.
#[derive(Debug)]
pub(crate) struct Target {
    addr: SocketAddr,
    request: Vec<u8>,
    answer: pb::ValidateSessionResponse,
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
    answered: bool,
}

impl Target {
    /// Asks for `request`, and takes nothing but `answer`.
    pub(crate) fn new(
        addr: SocketAddr,
        request: &pb::ValidateSessionRequest,
        answer: pb::ValidateSessionResponse,
    ) -> anyhow::Result<Self> {
        let message = request.encode_to_vec();
        let mut framed = vec![0];
        framed.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
        framed.extend(message);
        Ok(Self { addr, request: framed, answer })
    }

    /// The encoded lengths of request and answer.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        (self.request.len() - FRAMING, self.answer.encoded_len())
    }

    /// Asks, with so many calls in flight, until told to stop; then waits for the last answers.
    pub(crate) fn ask(&self, in_flight: usize, stop: &AtomicBool) -> anyhow::Result<Vec<Answered>> {
        let mut stream = TcpStream::connect(self.addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;

        let mut out = Vec::new();
        let mut requests = Requests::open(&mut out, &self.addr.to_string(), &self.request);
        let mut calls = Vec::with_capacity(in_flight);
        let mut answered = Vec::new();
        for _ in 0..in_flight {
            calls.push(Call { stream: requests.send(&mut out)?, sent: Instant::now(), answered: false });
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
                match frame {
                    Frame::Data { stream, bytes } => {
                        self.check(bytes)?;
                        let index = find(&calls, stream)?;
                        calls[index].answered = true;
                    }
                    Frame::Headers { stream, last: true } => {
                        let call = calls.swap_remove(find(&calls, stream)?);
                        ensure!(call.answered, "a call failed: it ended without a message");
                        answered.push(Answered { at: now, took: now - call.sent });
                        if !stop.load(Ordering::Relaxed) {
                            calls.push(Call { stream: requests.send(&mut out)?, sent: now, answered: false });
                        }
                    }
                    Frame::Window { more } => requests.widen(more),
                    Frame::Acknowledge { kind, bytes } => http2::acknowledge(&mut out, kind, bytes),
                    Frame::Refused => bail!("the server refused a call"),
                    Frame::Headers { last: false, .. } | Frame::Other => {}
                }
            }
            let left = filled - rest.len()..filled;
            filled = left.len();
            input.copy_within(left, 0);
            stream.write_all(&out)?;
        }
        Ok(answered)
    }

    /// One frame holds one whole message: answers are small.
    fn check(&self, framed: &[u8]) -> anyhow::Result<()> {
        let message = framed.get(FRAMING..).context("not a gRPC message")?;
        ensure!(message.len() == self.answer.encoded_len(), "an answer of {} bytes", message.len());
        let answer = pb::ValidateSessionResponse::decode(message)?;
        ensure!(answer.replayed && answer == self.answer, "not the expected replay: {answer:?}");
        Ok(())
    }
}

fn find(calls: &[Call], stream: u32) -> anyhow::Result<usize> {
    calls.iter().position(|call| call.stream == stream).context("an answer to no call")
}
