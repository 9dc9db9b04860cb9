//! The future: the inner answer, or the answer at the deadline.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Expired;

pin_project! {
    /// Resolves to the inner response, or to the one for expired calls.
    #[derive(Debug)]
    pub struct ResponseFuture<F, B> {
        #[pin]
        inner: F,
        #[pin]
        sleep: Option<Sleep>,
        expired: Option<Expired<B>>,
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(super) fn new(inner: F, deadline: Option<(Instant, Expired<B>)>) -> Self {
        let (deadline, expired) = deadline.unzip();
        Self { inner, sleep: deadline.map(sleep_until), expired }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(outcome) = this.inner.poll(cx) {
            return Poll::Ready(outcome);
        }
        let Some((sleep, answer)) = this.sleep.as_pin_mut().zip(*this.expired) else { return Poll::Pending };
        sleep.poll(cx).map(|()| Ok(answer()))
    }
}
