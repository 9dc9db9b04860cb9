//! Requests to Genesys in the trace of the call they are made for: a span for each try, whose context goes with the request.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::Status;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::answer::Answer;
use super::api::Call;
use super::observe;
use crate::ports::UpstreamError;

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

/// The span of a try of a call, the first or one after so many others; none if the call under way is not traced. It does not
/// tell the URL, which names the conversation.
pub(super) fn attempt(call: &Call, resent: u32) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    let (method, operation) = (call.method.as_str(), call.operation.name());
    let span = tracing::error_span!("genesys", otel.name = format!("{method} {operation}"), otel.kind = "client");
    span.set_attribute("http.request.method", method.to_owned());
    if let Some(host) = call.url.host_str() {
        span.set_attribute("server.address", host.to_owned());
    }
    if let Some(port) = call.url.port_or_known_default() {
        span.set_attribute("server.port", i64::from(port));
    }
    if resent > 0 {
        span.set_attribute("http.request.resend_count", i64::from(resent));
    }
    span
}

/// The headers that carry a span's context: none if there is no span.
pub(super) fn headers(span: &Span) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !span.is_none() {
        TraceContextPropagator::new().inject_context(&span.context(), &mut Headers(&mut headers));
    }
    headers
}

/// Notes how a try ended.
pub(super) fn ended<T>(span: &Span, answer: Option<&Answer>, result: &Result<T, UpstreamError>) {
    if span.is_none() {
        return;
    }
    if let Some(answer) = answer {
        span.set_attribute("http.response.status_code", i64::from(answer.status().as_u16()));
        if let Some(id) = answer.correlation_id() {
            span.set_attribute("http.response.header.inin-correlation-id", id.to_owned());
        }
    }
    if result.is_err() {
        span.set_attribute("error.type", observe::outcome(result));
        span.set_status(Status::error(""));
    }
}
