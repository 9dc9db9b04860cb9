//! The service: begins the span of each call that is traced.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::{ResponseFuture, Rpc, System, Tracing};
use crate::layers::request_id::RequestId;

/// Traces calls to the inner service.
#[derive(Debug, Clone)]
pub struct Trace<S, F> {
    pub(super) inner: S,
    pub(super) tracing: Tracing,
    pub(super) call: F,
}

impl<S, F, A, B> Service<Request<A>> for Trace<S, F>
where
    S: Service<Request<A>, Response = Response<B>>,
    F: Fn(&Request<A>) -> Option<Rpc>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let Some((span, system)) = self.begin(&request) else {
            return ResponseFuture::new(self.inner.call(request), None);
        };
        let future = span.in_scope(|| self.inner.call(request));
        ResponseFuture::new(future, Some((span, system)))
    }
}

impl<S, F> Trace<S, F> {
    fn begin<A>(&self, request: &Request<A>) -> Option<(Span, System)>
    where
        F: Fn(&Request<A>) -> Option<Rpc>,
    {
        let parent = self.tracing.sampling.decide(request.headers())?;
        let Rpc { system, service, method } = (self.call)(request)?;
        // Of the highest level, which is never filtered out: the log's lines get their ids from it, whatever they are.
        let span = tracing::error_span!(
            parent: None,
            "rpc",
            otel.name = format!("{service}/{method}"),
            otel.kind = "server",
            request_id = field::Empty,
        );
        // It fails only where nothing makes spans of it.
        let _ = span.set_parent(parent);
        if let Some(id) = request.extensions().get::<RequestId>() {
            span.record("request_id", id.as_str());
        }
        span.set_attribute("rpc.system", system.name());
        span.set_attribute("rpc.service", service);
        span.set_attribute("rpc.method", method);
        span.set_attribute("server.address", Arc::clone(&self.tracing.address));
        Some((span, system))
    }
}

impl System {
    fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Connect => "connect_rpc",
        }
    }
}
