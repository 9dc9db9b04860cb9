//! What a server is asked, and which answer is right, in each protocol.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, ensure};
use prost::Message as _;
use serde_json::{Value, json};
use session_resumption::pb;

use crate::calls::{Answered, Calls};
use crate::credentials::Credentials;
use crate::row::{Protocol, Row, Shows, With};
use crate::session::Session;

const PATH: &str = "/sessionresumption.v1.SessionResumption/ValidateSession";

/// What gRPC puts before a message: whether it is compressed, and its length.
const FRAMING: usize = 5;

/// The flag of the frame in which gRPC-Web says how a call ended.
const TRAILERS: u8 = 0x80;

/// An answer, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Message(Box<pb::ValidateSessionResponse>),
    Json(Value),
}

/// Whom to ask what, and what is right.
#[derive(Debug)]
pub(crate) struct Target {
    calls: Calls,
    protocol: Protocol,
    right: Option<Answer>,
}

impl Target {
    /// Asks a server about the session. No answer is right yet.
    pub(crate) fn new(
        row: &Row,
        addr: SocketAddr,
        session: &Session,
        credentials: &Credentials,
    ) -> anyhow::Result<Self> {
        let (headers, body) = request(row.protocol, row.shows, addr, session, credentials)?;
        let tls = (row.with() == With::Tls).then(|| Arc::clone(&credentials.tls));
        Ok(Self { calls: Calls { addr, tls, headers, body }, protocol: row.protocol, right: None })
    }

    /// Takes nothing else from now on.
    pub(crate) fn takes(&mut self, right: Answer) {
        self.right = Some(right);
    }

    /// Asks once.
    pub(crate) fn once(&self) -> anyhow::Result<Answer> {
        read(self.protocol, &self.calls.once()?)
    }

    /// Asks a service of ours twice: the first answer is read from Genesys, the second one is the replay.
    pub(crate) fn conclude(&self) -> anyhow::Result<Answer> {
        let first = self.once()?;
        ensure!(!first.replayed(), "the first answer was a replay: {first:?}");
        let replay = self.once()?;
        ensure!(replay == first.as_replay(), "the second answer was no replay of the first: {replay:?}");
        ensure!(replay.has_handshake(), "the session was not resumable: {replay:?}");
        Ok(replay)
    }

    /// Asks until told to stop. Every answer must be right.
    pub(crate) fn ask(&self, in_flight: usize, stop: &AtomicBool) -> anyhow::Result<Vec<Answered>> {
        self.calls.ask(in_flight, stop, |body| {
            let answer = read(self.protocol, body)?;
            ensure!(self.right.as_ref() == Some(&answer), "not the expected replay: {answer:?}");
            Ok(())
        })
    }
}

impl Answer {
    fn replayed(&self) -> bool {
        match self {
            Self::Message(message) => message.replayed,
            Self::Json(json) => json["replayed"] == true,
        }
    }

    fn as_replay(&self) -> Self {
        let mut replay = self.clone();
        match &mut replay {
            Self::Message(message) => message.replayed = true,
            Self::Json(json) => json["replayed"] = true.into(),
        }
        replay
    }

    fn has_handshake(&self) -> bool {
        match self {
            Self::Message(message) => !message.handshake_id.is_empty(),
            Self::Json(json) => json["handshakeId"].as_str().is_some_and(|id| !id.is_empty()),
        }
    }
}

/// A request, as headers and a body.
pub(crate) type Request = (Vec<(String, String)>, Vec<u8>);

/// The request of a row.
pub(crate) fn request(
    protocol: Protocol,
    shows: Shows,
    authority: SocketAddr,
    session: &Session,
    credentials: &Credentials,
) -> anyhow::Result<Request> {
    let authority = authority.to_string();
    let mut headers = vec![(":path", PATH), (":authority", &authority)];
    headers.extend(match protocol {
        Protocol::Grpc => [("content-type", "application/grpc"), ("te", "trailers")],
        Protocol::GrpcWeb => [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1")],
        Protocol::ConnectJson => [("content-type", "application/json"), ("connect-protocol-version", "1")],
    });
    headers.push(("user-agent", "bench"));
    let credentials = credentials.header(shows);
    headers.extend(credentials.as_ref().map(|(name, value)| (*name, value.as_str())));
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let body = if protocol == Protocol::ConnectJson { json(&session.request)? } else { framed(&session.request)? };
    Ok((headers, body))
}

fn json(request: &pb::ValidateSessionRequest) -> anyhow::Result<Vec<u8>> {
    let time = request.disconnect_time.as_ref().context("no time")?;
    let json = json!({
        "conversationId": request.conversation_id,
        "participantId": request.participant_id,
        "clientInstanceId": request.client_instance_id,
        "attemptId": request.attempt_id,
        "disconnectReason": request.disconnect_reason,
        "disconnectTime": jiff::Timestamp::new(time.seconds, time.nanos)?.to_string(),
    });
    Ok(json.to_string().into_bytes())
}

fn framed(request: &pb::ValidateSessionRequest) -> anyhow::Result<Vec<u8>> {
    let message = request.encode_to_vec();
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
    framed.extend(message);
    Ok(framed)
}

fn read(protocol: Protocol, body: &[u8]) -> anyhow::Result<Answer> {
    if protocol == Protocol::ConnectJson {
        return Ok(Answer::Json(serde_json::from_slice(body)?));
    }
    let (message, rest) = frame(body).context("the call failed: it ended without a message")?;
    if protocol == Protocol::GrpcWeb {
        ensure!(rest.first() == Some(&TRAILERS), "the answer breaks off");
        let (trailers, _) = frame(rest).context("the answer breaks off")?;
        ensure!(trailers.starts_with(b"grpc-status:0"), "the call failed: {}", String::from_utf8_lossy(trailers));
    }
    Ok(Answer::Message(Box::new(pb::ValidateSessionResponse::decode(message)?)))
}

fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<FRAMING>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*head.last_chunk()?)).ok()?)
}
