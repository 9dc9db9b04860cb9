//! The future: works inside the span, and notes how the call ended.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, Response, StatusCode};
use opentelemetry::trace::Status;
use pin_project_lite::pin_project;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::System;

/// The codes of gRPC that say that the server failed: `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`,
/// `DATA_LOSS`.
const FAULTS: [i64; 6] = [2, 4, 12, 13, 14, 15];

pin_project! {
    /// Resolves to the inner response.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        open: Option<Open>,
    }
}

/// A span whose call has not ended.
#[derive(Debug)]
struct Open {
    span: Span,
    system: System,
    answered: bool,
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, traced: Option<(Span, System)>) -> Self {
        Self { inner, open: traced.map(|(span, system)| Open { span, system, answered: false }) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(open) = this.open else { return this.inner.poll(cx) };
        let outcome = {
            let _inside = open.span.enter();
            ready!(this.inner.poll(cx))
        };
        if let Some(mut open) = this.open.take() {
            open.answered = true;
            if let Ok(response) = &outcome {
                open.note(response);
            }
        }
        Poll::Ready(outcome)
    }
}

impl Open {
    fn note<B>(&self, response: &Response<B>) {
        let (status, headers) = (response.status(), response.headers());
        let fault = match self.system {
            System::Grpc => {
                let code = grpc_code(status, headers);
                self.span.set_attribute("rpc.grpc.status_code", code);
                FAULTS.contains(&code).then(|| code.to_string())
            }
            System::Connect => {
                self.span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
                status.is_server_error().then(|| status.as_str().to_owned())
            }
        };
        if let Some(fault) = fault {
            self.fault(fault);
        }
    }

    fn fault(&self, kind: impl Into<String>) {
        self.span.set_attribute("error.type", kind.into());
        self.span.set_status(Status::error(""));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.answered {
            // Its caller left.
            self.span.set_attribute("error.type", "cancelled");
        }
    }
}

/// An answer that carries its code behind it is one of a call that went well: each of ours is one message.
fn grpc_code(status: StatusCode, headers: &HeaderMap) -> i64 {
    let told = headers.get("grpc-status").and_then(|code| code.to_str().ok()?.parse().ok());
    told.unwrap_or(if status == StatusCode::OK { 0 } else { 2 })
}
