//! The future: counts the call when it resolves or is dropped.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::{Call, Code, LEFT};

pin_project! {
    /// Resolves to the inner response.
    #[derive(Debug)]
    pub struct ResponseFuture<F, B> {
        #[pin]
        inner: F,
        timed: Timed,
        code: Code<B>,
    }
}

/// A call under way. It is counted once, at its end.
#[derive(Debug)]
struct Timed {
    call: Call,
    began: Instant,
    counted: bool,
}

impl Timed {
    fn count(&mut self, code: &'static str) {
        if std::mem::replace(&mut self.counted, true) {
            return;
        }
        let Call { service, method, protocol } = self.call;
        metrics::histogram!(
            "session_resumption_rpc_duration_seconds",
            "service" => service, "method" => method, "protocol" => protocol, "code" => code
        )
        .record(self.began.elapsed());
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.count(LEFT);
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(super) fn new(inner: F, call: Call, code: Code<B>) -> Self {
        Self { inner, timed: Timed { call, began: Instant::now(), counted: false }, code }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(cx));
        if let Ok(response) = &outcome {
            this.timed.count((this.code)(response));
        }
        Poll::Ready(outcome)
    }
}
