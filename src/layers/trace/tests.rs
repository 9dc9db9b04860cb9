//! Which calls have a span, and what it says.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tracing::{Dispatch, Span};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::layers::request_id::RequestId;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const NEVER: Sampling = Sampling::ByCaller { otherwise: 0.0, draw: || 0.0 };

#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Ended {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

/// Runs with spans made, and answers those that ended.
fn spans_of(work: impl Future<Output = ()>) -> Vec<SpanData> {
    let ended = Ended::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(ended.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test")).with_context_activation(false);
    // As the process has it: nothing but what is said.
    let layer = layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(layer));
    // With a single one, what one thread wants of a line of code may be remembered for all.
    let _other = Dispatch::new(tracing_subscriber::registry());
    let _installed = tracing::dispatcher::set_default(&subscriber);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
    std::mem::take(&mut *ended.0.lock().unwrap())
}

type Named = fn(&Request<()>) -> Option<Rpc>;

fn traced(request: &Request<()>) -> Option<Rpc> {
    let system = if request.headers().contains_key("te") { System::Grpc } else { System::Connect };
    (request.uri().path() == "/s/M").then_some(Rpc { system, service: "s", method: "M" })
}

fn layer(sampling: Sampling) -> TraceLayer<Named> {
    TraceLayer::new(Tracing { sampling, address: "127.0.0.1".into() }, traced)
}

fn request(path: &str, headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn answer(status: u16, headers: &[(&'static str, &str)]) -> Response<()> {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

/// The spans of one call with this request and this answer.
fn call(sampling: Sampling, request: Request<()>, response: Response<()>) -> Vec<SpanData> {
    spans_of(async {
        let response = Mutex::new(Some(response));
        let inner = service_fn(|_: Request<()>| {
            let response = response.lock().unwrap().take().unwrap();
            async { Ok::<_, Infallible>(response) }
        });
        layer(sampling).layer(inner).oneshot(request).await.unwrap();
    })
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes.iter().find(|found| found.key.as_str() == key).map(|found| found.value.to_string())
}

#[test]
fn callers_decide_and_a_lot_does_for_those_who_do_not() {
    let by_lot = |otherwise| Sampling::ByCaller { otherwise, draw: || 0.25 };
    let always = by_lot(1.0);
    for (sampling, headers, expected) in [
        (NEVER, &[("traceparent", SAMPLED)][..], 1),
        (always, &[("traceparent", UNSAMPLED)], 0),
        (NEVER, &[], 0),
        (by_lot(0.25), &[], 0),
        (by_lot(0.26), &[], 1),
        (always, &[], 1),
        // What cannot be read decides nothing.
        (always, &[("traceparent", "garbage")], 1),
        (NEVER, &[("traceparent", "garbage")], 0),
        (NEVER, &[("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01")], 0),
        (NEVER, &[("traceparent", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")], 0),
        (Sampling::Off, &[("traceparent", SAMPLED)], 0),
    ] {
        let spans = call(sampling, request("/s/M", headers), answer(200, &[]));
        assert_eq!(spans.len(), expected, "{sampling:?} {headers:?}");
    }
    assert!(call(always, request("/grpc.health.v1.Health/Check", &[]), answer(200, &[])).is_empty());
}

#[test]
fn a_span_continues_its_callers_trace() {
    let headers = [("traceparent", SAMPLED), ("tracestate", "vendor=1")];
    let [span] = call(NEVER, request("/s/M", &headers), answer(200, &[])).try_into().unwrap();
    assert_eq!(span.span_context.trace_id().to_string(), TRACE);
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
    assert!(span.parent_span_is_remote);
    assert_eq!(span.span_context.trace_state().header(), "vendor=1");
    let root = Sampling::ByCaller { otherwise: 1.0, draw: || 0.0 };
    let [span] = call(root, request("/s/M", &[]), answer(200, &[])).try_into().unwrap();
    assert_eq!(span.parent_span_id, SpanId::INVALID);
}

#[test]
fn a_span_is_named_by_the_conventions() {
    let [grpc] = call(NEVER, request("/s/M", &[("traceparent", SAMPLED), ("te", "trailers")]), answer(200, &[]))
        .try_into()
        .unwrap();
    assert_eq!((grpc.name.as_ref(), &grpc.span_kind, &grpc.status), ("s/M", &SpanKind::Server, &Status::Unset));
    let expected = [
        ("rpc.system", "grpc"),
        ("rpc.service", "s"),
        ("rpc.method", "M"),
        ("server.address", "127.0.0.1"),
        ("rpc.grpc.status_code", "0"),
    ];
    for (key, value) in expected {
        assert_eq!(attribute(&grpc, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(grpc.attributes.len(), expected.len(), "{:?}", grpc.attributes);
    let [http] = call(NEVER, request("/s/M", &[("traceparent", SAMPLED)]), answer(404, &[])).try_into().unwrap();
    assert_eq!(attribute(&http, "rpc.system").as_deref(), Some("connect_rpc"));
    assert_eq!(attribute(&http, "http.response.status_code").as_deref(), Some("404"));
    assert_eq!(attribute(&http, "rpc.grpc.status_code"), None);
    assert_eq!(http.status, Status::Unset, "a caller's mistake");
}

#[test]
fn a_fault_of_ours_is_an_error_and_a_callers_is_not() {
    for (code, fault) in [("0", false), ("3", false), ("5", false), ("8", false), ("13", true), ("14", true)] {
        let request = request("/s/M", &[("traceparent", SAMPLED), ("te", "trailers")]);
        let [span] = call(NEVER, request, answer(200, &[("grpc-status", code)])).try_into().unwrap();
        assert_eq!(attribute(&span, "rpc.grpc.status_code").as_deref(), Some(code));
        assert_eq!(matches!(span.status, Status::Error { .. }), fault, "{code}");
    }
    for (code, fault) in [(200, false), (429, false), (500, true), (503, true)] {
        let [span] = call(NEVER, request("/s/M", &[("traceparent", SAMPLED)]), answer(code, &[])).try_into().unwrap();
        assert_eq!(matches!(span.status, Status::Error { .. }), fault, "{code}");
    }
}

#[test]
fn the_work_is_inside_the_span_and_what_is_not_traced_has_none() {
    for (parent, expected) in [(SAMPLED, true), (UNSAMPLED, false)] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let spans = spans_of(async {
            let inner = service_fn(|_: Request<()>| {
                let seen = Arc::clone(&seen);
                seen.lock().unwrap().push(!Span::current().is_none());
                async move {
                    tokio::task::yield_now().await;
                    seen.lock().unwrap().push(!Span::current().is_none());
                    tracing::error_span!("inner").in_scope(|| {});
                    Ok::<_, Infallible>(answer(200, &[]))
                }
            });
            layer(NEVER).layer(inner).oneshot(request("/s/M", &[("traceparent", parent)])).await.unwrap();
            assert!(Span::current().is_none(), "nothing is left behind");
        });
        assert_eq!(*seen.lock().unwrap(), [expected, expected]);
        if let [inner, outer] = spans.as_slice() {
            assert_eq!(inner.parent_span_id, outer.span_context.span_id());
        }
        // Without a call's span, a part of it is a trace of its own, which our parts check first.
        assert_eq!(spans.len(), if expected { 2 } else { 1 });
    }
}

#[test]
fn a_caller_who_leaves_ends_the_span() {
    let [span] = spans_of(async {
        let hanging = service_fn(|_: Request<()>| std::future::pending::<Result<Response<()>, Infallible>>());
        let mut service = layer(NEVER).layer(hanging);
        let mut left = Box::pin(service.call(request("/s/M", &[("traceparent", SAMPLED)])));
        assert!(futures_util::poll!(&mut left).is_pending());
    })
    .try_into()
    .unwrap();
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("cancelled"));
}

#[test]
fn the_name_of_the_request_is_on_the_span() {
    let mut named = request("/s/M", &[("traceparent", SAMPLED)]);
    named.extensions_mut().insert(RequestId("r-1".parse().unwrap()));
    let [span] = call(NEVER, named, answer(200, &[])).try_into().unwrap();
    assert_eq!(attribute(&span, "request_id").as_deref(), Some("r-1"));
}
