//! One question by each protocol, and its answer in the same words.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use reqwest::{Client, Response};
use serde_json::Value;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::Harness;
use crate::support::wire::frame;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    GrpcWeb,
    Connect,
}

pub(super) const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];

impl Protocol {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Grpc => "application/grpc",
            Self::GrpcWeb => "application/grpc-web+proto",
            Self::Connect => "application/proto",
        }
    }

    /// A message as the protocol's body.
    pub(super) fn body(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Grpc | Self::GrpcWeb => frame(message),
            Self::Connect => message.to_vec(),
        }
    }
}

/// Asks one service. gRPC comes by HTTP/2, the others as browsers and Data Actions do, by HTTP/1.1.
#[derive(Debug, Clone)]
pub(super) struct Door {
    http1: Client,
    http2: Client,
    pub(super) address: String,
}

/// What was answered, whatever the protocol.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) http: u16,
    pub(super) headers: HeaderMap,
    /// OK for an answer.
    pub(super) code: Code,
    /// The reason of an error that has one.
    pub(super) reason: String,
    /// Whether it was told when to come back.
    pub(super) retry: bool,
    message: Vec<u8>,
}

impl Told {
    pub(super) fn message<M: Message + Default>(&self) -> M {
        assert_eq!(self.code, Code::Ok, "{self:?}");
        M::decode(&*self.message).unwrap()
    }
}

impl Door {
    pub(super) fn to(harness: &Harness) -> Self {
        let http2 = Client::builder().http2_prior_knowledge().build().unwrap();
        Self { http1: Client::new(), http2, address: harness.address.clone() }
    }

    /// Calls a method of the service with a message.
    pub(super) async fn ask(
        &self,
        protocol: Protocol,
        method: &str,
        headers: &[(&str, &str)],
        message: &impl Message,
    ) -> Told {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        self.send(protocol, &path(method), headers.collect(), protocol.body(&message.encode_to_vec())).await
    }

    /// Sends any bytes to any path, in the protocol's type unless the headers name another.
    pub(super) async fn send(&self, protocol: Protocol, path: &str, headers: HeaderMap, body: Vec<u8>) -> Told {
        let client = if protocol == Protocol::Grpc { &self.http2 } else { &self.http1 };
        let mut request = client.post(format!("{}{path}", self.address));
        if !headers.contains_key("content-type") {
            request = request.header("content-type", protocol.media_type());
        }
        let answer = request.headers(headers).body(body).send().await.unwrap();
        told(answer).await
    }
}

impl Door {
    /// Sends a body in gRPC-Web's text form.
    pub(super) async fn text(&self, path: &str, headers: HeaderMap, body: String) -> Told {
        let answer =
            self.http1.post(format!("{}{path}", self.address)).headers(headers).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let (http, headers) = (answer.status().as_u16(), answer.headers().clone());
        let told = answer.bytes().await.unwrap();
        // Padded pieces follow each other.
        let bytes = told.chunks(4).flat_map(|piece| STANDARD.decode(piece).unwrap()).collect::<Vec<_>>();
        let (message, trailers) = unframed(&bytes);
        let status = Status::from_header_map(&headers).or_else(|| Status::from_header_map(&trailers));
        of_status(http, headers, &status.unwrap_or_else(|| Status::new(Code::Ok, "")), message)
    }
}

/// Where a method stands: `Service/Method`, the service with its package.
pub(super) fn path(method: &str) -> String {
    let service = match method {
        "RegisterSession" | "IssueSessionToken" => "SessionRegistry",
        _ => "SessionResumption",
    };
    format!("/sessionresumption.v1.{service}/{method}")
}

/// An answer speaks the protocol that its own type names.
async fn told(answer: Response) -> Told {
    let (http, headers) = (answer.status().as_u16(), answer.headers().clone());
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let body = answer.bytes().await.unwrap().to_vec();
    if kind.starts_with("application/grpc") {
        let (message, trailers) = unframed(&body);
        let status = Status::from_header_map(&headers).or_else(|| Status::from_header_map(&trailers));
        let status = status.unwrap_or_else(|| Status::new(Code::Ok, ""));
        return of_status(http, headers, &status, message);
    }
    if kind == "application/json" && http != 200 {
        return of_status(http, headers, &connect_error(&body), Vec::new());
    }
    Told { http, headers, code: Code::Ok, reason: String::new(), retry: false, message: body }
}

fn of_status(http: u16, headers: HeaderMap, status: &Status, message: Vec<u8>) -> Told {
    let details = status.get_error_details();
    Told {
        http,
        headers,
        code: status.code(),
        reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
        retry: details.retry_info().is_some(),
        message,
    }
}

/// The message of a framed body, and the trailers that gRPC-Web puts behind it.
fn unframed(mut body: &[u8]) -> (Vec<u8>, HeaderMap) {
    let (mut message, mut trailers) = (Vec::new(), HeaderMap::new());
    while body.len() >= 5 {
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
        let (kind, content) = (body[0], &body[5..5 + length]);
        body = &body[5 + length..];
        if kind & 0x80 == 0 {
            message = content.to_vec();
            continue;
        }
        for line in std::str::from_utf8(content).unwrap().lines() {
            let (name, value) = line.split_once(':').unwrap();
            trailers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.trim().parse().unwrap());
        }
    }
    assert!(body.is_empty(), "{} bytes behind the last frame", body.len());
    (message, trailers)
}

/// A Connect error as the status it stands for.
fn connect_error(body: &[u8]) -> Status {
    let error: Value = serde_json::from_slice(body).unwrap();
    let name = error["code"].as_str().unwrap();
    let same = |code: &Code| format!("{code:?}").eq_ignore_ascii_case(&name.replace('_', ""));
    let code = if name == "canceled" { Code::Cancelled } else { (0..17).map(Code::from).find(same).unwrap() };
    let any = |detail: &Value| prost_types::Any {
        type_url: format!("type.googleapis.com/{}", detail["type"].as_str().unwrap()),
        value: STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap()).unwrap(),
    };
    let details = error["details"].as_array().into_iter().flatten().map(any).collect();
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    let status = tonic_types::pb::Status { code: code.into(), message: message.clone(), details };
    Status::with_details(code, message, status.encode_to_vec().into())
}
