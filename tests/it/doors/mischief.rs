//! Requests that nobody should send: each has its answer by each protocol, and none reaches Genesys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;
use session_resumption::pb;
use tonic::Code::{self, InvalidArgument, Unimplemented};

use super::ask::{Door, PROTOCOLS, Protocol, path};
use crate::support::Harness;

const MIB: usize = 1024 * 1024;

/// A request but for its protocol.
struct Case {
    name: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    /// None: a message without fields.
    body: Option<Vec<u8>>,
    /// By gRPC, gRPC-Web and Connect: the code and, for errors, the HTTP status.
    expected: [(Code, u16); 3],
}

const BAD: [(Code, u16); 3] = [(InvalidArgument, 200), (InvalidArgument, 200), (InvalidArgument, 400)];
const UNKNOWN: [(Code, u16); 3] = [(Unimplemented, 200), (Unimplemented, 200), (Unimplemented, 404)];
/// Whoever comes for another is not trusted for coming from this host.
const SIGN_IN: [(Code, u16); 3] = [(Code::Ok, 200); 3];
const NO_SUCH_TYPE: [(Code, u16); 3] = [(InvalidArgument, 415); 3];

fn case(name: &'static str, expected: [(Code, u16); 3]) -> Case {
    Case { name, path: path("ValidateSession"), headers: Vec::new(), body: None, expected }
}

impl Case {
    fn at(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// These bytes, in no frame.
    fn raw(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    fn headers(&self) -> HeaderMap {
        let parsed = |(name, value): &(&'static str, String)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().map(parsed) {
            headers.append(name, value);
        }
        headers
    }
}

fn request() -> Vec<u8> {
    pb::ValidateSessionRequest::default().encode_to_vec()
}

fn cases() -> Vec<Case> {
    let many = |count: usize| "a=b; ".repeat(count);
    vec![
        case("a message without fields", BAD),
        // Frames.
        case("an empty body", BAD).raw(""),
        case("bytes that are no message", BAD).raw(vec![0xff; 40]),
        case("half a frame's head", BAD).raw([0, 0, 0]),
        case("a frame that promises more than comes", BAD).raw([0, 0, 0, 0, 9, 1, 2]),
        case("a frame that promises 4 GiB", BAD).raw([0, 0xff, 0xff, 0xff, 0xff, 1]),
        case("a compressed frame of a plain body", BAD).raw([1, 0, 0, 0, 1, 0]),
        case("a frame with unknown flags", BAD).raw([2, 0, 0, 0, 1, 0]),
        case("trailers for a request", BAD).raw([0x80, 0, 0, 0, 3, b'a', b':', b'b']),
        case("trailers that are cut", BAD).raw([0x80, 0, 0, 0, 30, b'a', b':', b'b']),
        case("a field that is no UTF-8", BAD).raw([0, 0, 0, 0, 4, 10, 2, 0xc3, 0x28]),
        case("a field of another wire type", BAD).raw([0, 0, 0, 0, 2, 8, 1]),
        case("a length beyond the message", BAD).raw([0, 0, 0, 0, 2, 10, 100]),
        case("groups nested without end", BAD).raw([&[0, 0, 0, 0x27, 0x10][..], &[0x0b; 10_000]].concat()),
        case("a body over its bound", BAD).raw(vec![0; 2 * MIB]),
        // Types.
        case("no such type", NO_SUCH_TYPE).with("content-type", "text/plain"),
        case("an empty type", NO_SUCH_TYPE).with("content-type", ""),
        case("gRPC in JSON", NO_SUCH_TYPE).with("content-type", "application/grpc+json"),
        case("gRPC-Web in thrift", NO_SUCH_TYPE).with("content-type", "application/grpc-web+thrift"),
        case("two types", NO_SUCH_TYPE)
            .with("content-type", "application/grpc")
            .with("content-type", "application/json"),
        case("a type of two", NO_SUCH_TYPE).with("content-type", "application/json, application/grpc"),
        case("a type of bytes", NO_SUCH_TYPE).with("content-type", "application/\u{e9}"),
        case("JSON in another alphabet", NO_SUCH_TYPE).with("content-type", "application/json; charset=utf-16"),
        case("a form", NO_SUCH_TYPE).with("content-type", "application/x-www-form-urlencoded"),
        case("an upload", NO_SUCH_TYPE).with("content-type", "multipart/form-data; boundary=x"),
        // Encodings.
        case("gzip that is none", [(InvalidArgument, 200), (InvalidArgument, 200), (Unimplemented, 501)])
            .with("content-encoding", "gzip"),
        case("an encoding nobody knows", [(Unimplemented, 200), (Unimplemented, 200), (InvalidArgument, 400)])
            .with("grpc-encoding", "zstd")
            .raw([1, 0, 0, 0, 1, 0]),
        // Headers.
        case("ten thousand cookies", BAD).with("cookie", many(500)),
        case(
            "two credentials of one kind",
            [(Code::Unauthenticated, 200), (Code::Unauthenticated, 200), (Code::Unauthenticated, 401)],
        )
        .at(path("ConfirmReattach"))
        .with("authorization", "Bearer a")
        .with("authorization", "Bearer b"),
        case("a timeout of words", BAD).with("grpc-timeout", "soon"),
        case("a timeout beyond all digits", BAD).with("grpc-timeout", "999999999999S"),
        case("a version of Connect that does not exist", BAD).with("connect-protocol-version", "9"),
        case("a method in a header", BAD).with("x-http-method-override", "DELETE"),
        case("a host of somebody else", BAD).with("x-forwarded-host", "evil.example"),
        case("a request's name with blanks", BAD).with("x-request-id", "a b c"),
        case("a trace's parent that is none", BAD).with("traceparent", "00-zz-zz-zz"),
        case("a forwarded address without end", SIGN_IN).with("x-forwarded-for", "1.2.3.4, ".repeat(200)),
        // Paths.
        case("no path", UNKNOWN).at("/"),
        case("a method nobody has", UNKNOWN).at("/sessionresumption.v1.SessionResumption/Nothing"),
        case("a method in another case", UNKNOWN).at("/sessionresumption.v1.SessionResumption/validatesession"),
        case("a slash too many", UNKNOWN).at("//sessionresumption.v1.SessionResumption/ValidateSession"),
        case("a slash behind", UNKNOWN).at(format!("{}/", path("ValidateSession"))),
        case("a path up and down", UNKNOWN).at("/x/..%2fsessionresumption.v1.SessionResumption/ValidateSession"),
        case("a path with a null", UNKNOWN).at(format!("{}%00", path("ValidateSession"))),
        case("a service nobody has", UNKNOWN).at("/other.v1.Service/ValidateSession"),
        case("a query behind a method", BAD).at(format!("{}?conversation_id=c", path("ValidateSession"))),
        case("a path without end", UNKNOWN).at(format!("/{}", "a".repeat(4_000))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_its_answer_and_costs_nothing() {
    let harness = Harness::start().await;
    harness.control.clear_ledger();
    let door = Door::to(&harness);
    let (mut sent, mut wrong) = (0, Vec::new());
    for case in cases() {
        for (protocol, (code, http)) in PROTOCOLS.into_iter().zip(case.expected) {
            let body = case.body.clone().unwrap_or_else(|| protocol.body(&request()));
            let told = door.send(protocol, &case.path, case.headers(), body).await;
            sent += 1;
            if (told.code, told.http) != (code, http) {
                wrong.push(format!("{}, {protocol:?}: {:?} {} {}", case.name, told.code, told.http, told.reason));
            }
            assert!(told.code != Code::Internal && told.code != Code::Unknown, "{}: {told:?}", case.name);
        }
    }
    println!("{sent} requests sent, {} answered otherwise than they should be", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(harness.paths(), Vec::<String>::new());
    harness.stop().await.unwrap();
}

/// The text form: base64, in pieces that are padded each for itself, as clients that stream it write it.
#[tokio::test(flavor = "multi_thread")]
async fn gap_filled_base64_is_read_and_rubbish_is_not() {
    let harness = Harness::start().await;
    harness.control.clear_ledger();
    let door = Door::to(&harness);
    let framed = Protocol::GrpcWeb.body(&request());
    let whole = STANDARD.encode(&framed);
    let split = [STANDARD.encode(&framed[..1]), STANDARD.encode(&framed[1..])].concat();
    for (body, code) in [
        (whole.clone(), InvalidArgument),
        (split, InvalidArgument),
        (whole[..whole.len() - 1].to_owned(), InvalidArgument),
        ("?".repeat(40), InvalidArgument),
        (String::new(), InvalidArgument),
        ("=".repeat(8), InvalidArgument),
    ] {
        let headers = HeaderMap::from_iter([(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/grpc-web-text+proto"),
        )]);
        let told = door.text(&path("ValidateSession"), headers, body.clone()).await;
        assert_eq!(told.code, code, "{body}: {told:?}");
    }
    assert_eq!(harness.paths(), Vec::<String>::new());
    harness.stop().await.unwrap();
}
