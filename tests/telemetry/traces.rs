//! Spans of a service that runs, as a real collector gets them.

use std::future::Future;
use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::telemetry::Audit;
use session_resumption::telemetry::logs::{self, Form};
use session_resumption::telemetry::traces::{self, Protocol, Traces};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tracing_subscriber::filter::LevelFilter;

use crate::collector::{Collector, Span};
use crate::support::{Captured, Chat, Harness};

const VALIDATE: &str = "sessionresumption.v1.SessionResumption/ValidateSession";

/// The context of a caller's span: of the trace and the span of this number, sampled or not.
fn context(number: u8, sampled: bool) -> String {
    format!("00-{}-{}-{:02x}", trace(number), id(number), u8::from(sampled))
}

fn trace(number: u8) -> String {
    format!("{number:032x}")
}

fn id(number: u8) -> String {
    format!("{number:016x}")
}

/// What runs on this thread, and what is logged meanwhile.
struct Stage {
    harness: Harness,
    traces: Traces,
    logs: Captured,
    _installed: (tracing::Dispatch, tracing::subscriber::DefaultGuard),
}

impl Stage {
    async fn set(endpoint: &str, protocol: Protocol, ratio: &str) -> Self {
        let settings = traces::Settings { endpoint: endpoint.parse().unwrap(), protocol };
        let traces = traces::install(&settings).unwrap();
        let logs = Captured::default();
        let (ours, _) = logs::subscriber(LevelFilter::INFO, Audit::Kept, Form::Json, logs.clone(), Some(&traces));
        // With a single one, what one thread wants of a line of code may be remembered for all.
        let other = tracing::Dispatch::new(tracing_subscriber::registry());
        let installed = (other, tracing::dispatcher::set_default(&ours));
        let protocol = if protocol == Protocol::Grpc { "grpc" } else { "http" };
        let settings =
            [("tracing.otlp_endpoint", endpoint), ("tracing.otlp_protocol", protocol), ("tracing.sample_ratio", ratio)];
        let harness = Harness::with(SimOptions::default(), &settings).await;
        Self { harness, traces, logs, _installed: installed }
    }

    /// A tab asks how its session stands, in its own trace.
    fn heartbeat(&self, chat: &Chat, tab: &str, context: &str) -> impl Future<Output = ()> + use<> {
        let message = pb::ValidateSessionRequest {
            client_instance_id: tab.to_owned(),
            intent: Intent::Heartbeat.into(),
            ..chat.validate_request()
        };
        let mut request = Request::new(message);
        request.metadata_mut().insert("traceparent", context.parse().unwrap());
        request.metadata_mut().insert("x-request-id", tab.parse().unwrap());
        let mut client = self.harness.client.clone();
        async move { drop(client.validate_session(request).await.unwrap()) }
    }

    /// By HTTP and JSON.
    async fn asks_by_http(&self, chat: &Chat, context: &str) {
        let body = serde_json::json!({"conversationId": chat.conversation, "participantId": chat.customer});
        let client = reqwest::Client::new();
        let request = client.post(format!("{}/{VALIDATE}", self.harness.address)).header("traceparent", context);
        assert!(request.json(&body).send().await.unwrap().status().is_success());
    }

    /// Ends both, in the order in which the program does.
    async fn ends(self) -> Duration {
        self.harness.stop().await.unwrap();
        let began = Instant::now();
        self.traces.shutdown().await;
        began.elapsed()
    }
}

/// The only span of a kind in a trace that has these letters in its name.
fn only<'a>(spans: &'a [Span], trace: &str, kind: &str, name: &str) -> &'a Span {
    let fits = |span: &&Span| span.trace == trace && span.kind == kind && span.name.contains(name);
    let found: Vec<&Span> = spans.iter().filter(fits).collect();
    let [only] = found.as_slice() else { panic!("{kind} {name} of {trace}: {found:?}") };
    only
}

/// Whether a span is somewhere below another one.
fn is_below(spans: &[Span], below: &Span, above: &Span) -> bool {
    let parent = |span: &Span| spans.iter().find(|other| other.trace == span.trace && other.id == span.parent);
    std::iter::successors(Some(below), |span| parent(span)).any(|span| span.id == above.id)
}

fn print(spans: &[Span]) {
    for span in spans {
        let Span { name, kind, trace, id, parent, attributes, links, .. } = span;
        println!("{trace} {id} below {parent:16} {kind:8} {name} {attributes:?}");
        for (trace, id) in links {
            println!("{:>49} linked to {trace} {id}", "");
        }
    }
}

async fn calls_are_seen(protocol: Protocol) {
    let collector = Collector::start().await;
    let endpoint = if protocol == Protocol::Grpc { &collector.grpc } else { &collector.http };
    let stage = Stage::set(endpoint, protocol, "0").await;
    let control = &stage.harness.control;
    let read = |chat: &Chat| {
        let calls = control.calls(Route::Read);
        calls.into_iter().find(|call| call.conversation_id.as_ref() == Some(&chat.conversation)).unwrap()
    };

    // A caller with a trace, alone.
    let alone = Chat::dropped(&stage.harness);
    stage.heartbeat(&alone, "tab", &context(1, true)).await;
    // Two tabs at once, each in its own trace.
    let chat = Chat::dropped(&stage.harness);
    let slow = Fault::Delay { ms: 300, after_effect: false };
    control.script_fault(FaultScript::once(Route::Read, slow)).unwrap();
    let tabs = (stage.heartbeat(&chat, "tab-1", &context(2, true)), stage.heartbeat(&chat, "tab-2", &context(3, true)));
    tokio::join!(tabs.0, tabs.1);
    // By HTTP; not sampled by the caller; by a caller without a trace; and what is never traced.
    let by_http = Chat::dropped(&stage.harness);
    stage.asks_by_http(&by_http, &context(4, true)).await;
    let unsampled = Chat::dropped(&stage.harness);
    stage.heartbeat(&unsampled, "tab", &context(5, false)).await;
    let nobodys = Chat::dropped(&stage.harness);
    nobodys.validate().await.unwrap();
    let mut health = Request::new(HealthCheckRequest::default());
    health.metadata_mut().insert("traceparent", context(6, true).parse().unwrap());
    HealthClient::new(stage.harness.channel.clone()).check(health).await.unwrap();

    let received = [&alone, &by_http, &unsampled, &nobodys].map(|chat| read(chat).trace_parent);
    let shared = control
        .calls(Route::Read)
        .iter()
        .filter(|call| call.conversation_id.as_ref() == Some(&chat.conversation))
        .count();
    let lines = stage.logs.events("decided");
    stage.ends().await;
    let spans = collector.spans(11).await;
    print(&spans);

    let server = only(&spans, &trace(1), "SERVER", VALIDATE);
    assert_eq!(server.parent, id(1), "the caller's span is its parent");
    for (key, value) in [("service.name", "session-resumption"), ("service.version", env!("CARGO_PKG_VERSION"))] {
        assert_eq!(server.resource.get(key).map(String::as_str), Some(value));
    }
    assert_eq!(server.attributes["rpc.grpc.status_code"], "0");
    let genesys = only(&spans, &trace(1), "CLIENT", "POST read");
    assert!(is_below(&spans, genesys, server), "{genesys:?}");
    assert_eq!(genesys.attributes["http.response.status_code"], "200");
    assert_eq!(genesys.attributes["http.response.header.inin-correlation-id"].len(), 36);
    assert_eq!(received[0], Some(format!("00-{}-{}-01", trace(1), genesys.id)), "Genesys is told of the span");

    assert_eq!(shared, 1, "one read for two tabs");
    let [one, other] = [2, 3].map(|number| only(&spans, &trace(number), "SERVER", VALIDATE));
    let (leader, follower) = if one.links.is_empty() { (one, other) } else { (other, one) };
    let read = only(&spans, &leader.trace, "INTERNAL", "read");
    assert!(leader.links.is_empty() && is_below(&spans, read, leader));
    assert_eq!(follower.links, [(read.trace.clone(), read.id.clone())], "whoever waited is linked to the read");
    assert!(!spans.iter().any(|span| span.trace == follower.trace && span.kind == "CLIENT"));

    let http = only(&spans, &trace(4), "SERVER", VALIDATE);
    assert_eq!((http.attributes["rpc.system"].as_str(), http.parent.clone()), ("connect_rpc", id(4)));
    assert_eq!(http.attributes["http.response.status_code"], "200");
    assert!(received[1].as_ref().is_some_and(|parent| parent.contains(&trace(4))), "{received:?}");

    assert_eq!(received[2..], [None, None]);
    let traces: Vec<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    let known = [1, 2, 3, 4].map(trace);
    assert!(traces.iter().all(|found| known.iter().any(|known| known == found)), "{traces:?}");

    let told: Vec<_> = lines.iter().map(|line| line.get("trace_id").and_then(|id| id.as_str())).collect();
    for number in [1, 2, 3, 4] {
        assert_eq!(told.iter().filter(|id| **id == Some(&trace(number))).count(), 1, "{told:?}");
    }
    let request = |number| lines.iter().find(|line| line["trace_id"] == trace(number)).unwrap().get("request_id");
    assert_eq!(
        [request(1), request(2), request(3)],
        ["tab", "tab-1", "tab-2"].map(serde_json::Value::from).each_ref().map(Some)
    );
    assert!(request(4).is_some_and(|id| id.as_str().unwrap().len() == 36), "it was given a name");
    assert_eq!((told.len(), told.iter().filter(|id| id.is_none()).count()), (6, 2));
    for private in [&alone.conversation, &alone.customer, &chat.conversation] {
        assert!(!spans.iter().any(|span| format!("{span:?}").contains(private)), "{private} is in a span");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn calls_are_seen_by_a_collector_that_speaks_grpc() {
    Box::pin(calls_are_seen(Protocol::Grpc)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn calls_are_seen_by_a_collector_that_speaks_http() {
    Box::pin(calls_are_seen(Protocol::Http)).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_try_that_failed_and_the_next_one_are_two_spans() {
    let collector = Collector::start().await;
    let stage = Stage::set(&collector.grpc, Protocol::Grpc, "0").await;
    let chat = Chat::dropped(&stage.harness);
    let busy = Fault::Status { code: 503, retry_after_s: None, after_effect: false };
    stage.harness.control.script_fault(FaultScript::once(Route::Read, busy)).unwrap();
    stage.heartbeat(&chat, "tab", &context(1, true)).await;
    stage.ends().await;
    let spans = collector.spans(4).await;
    print(&spans);
    let mut tries: Vec<&Span> = spans.iter().filter(|span| span.kind == "CLIENT").collect();
    tries.sort_by_key(|span| span.attributes.get("http.request.resend_count"));
    let [first, second] = tries.as_slice() else { panic!("{tries:?}") };
    let of = |span: &Span, key: &str| span.attributes.get(key).cloned();
    assert_eq!((of(first, "error.type"), of(first, "http.request.resend_count")), (Some("server".into()), None));
    assert_eq!((of(second, "error.type"), of(second, "http.request.resend_count")), (None, Some("1".into())));
}

/// Whatever becomes of the collector, callers do not notice, and neither does whoever stops the service.
async fn calls_go_on(endpoint: &str, protocol: Protocol) {
    let stage = Stage::set(endpoint, protocol, "1").await;
    let chats: Vec<Chat> = (0..50).map(|_| Chat::dropped(&stage.harness)).collect();
    let began = Instant::now();
    let calls = chats.iter().map(async |chat| assert!(!chat.validate().await.unwrap().handshake_id.is_empty()));
    timeout(Duration::from_secs(10), futures_util::future::join_all(calls)).await.expect("calls are answered");
    println!("50 calls in {:?}", began.elapsed());
    let ended = stage.ends().await;
    println!("the last spans were given up after {ended:?}");
    assert!(ended < Duration::from_secs(3), "{ended:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_collector_that_is_down_is_no_trouble() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for protocol in [Protocol::Grpc, Protocol::Http] {
        calls_go_on(&format!("http://{free}"), protocol).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_collector_that_never_answers_is_no_trouble() {
    // Connections are made, and nobody reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    for protocol in [Protocol::Grpc, Protocol::Http] {
        calls_go_on(&address, protocol).await;
    }
}
