//! Whose trace a call belongs to.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::Sampling;

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

impl Sampling {
    /// What a call's span is to begin in, if it is to have one: the caller's trace, or none.
    pub(super) fn decide(self, headers: &HeaderMap) -> Option<Context> {
        let Self::ByCaller { otherwise, draw } = self else { return None };
        if headers.contains_key("traceparent") {
            let told = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
            let (valid, sampled) = {
                let span = told.span();
                (span.span_context().is_valid(), span.span_context().is_sampled())
            };
            // One that cannot be read is none.
            if valid {
                return sampled.then_some(told);
            }
        }
        (draw() < otherwise).then(Context::new)
    }
}
