//! The future: the inner answer, held back until the body has been taken in.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::Patience;
use super::body::{Shared, poll};

pin_project! {
    /// Resolves to the inner response.
    #[derive(Debug)]
    pub struct ResponseFuture<F, A, B> {
        #[pin]
        inner: F,
        body: Shared<A>,
        patience: Patience,
        answer: Option<Response<B>>,
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<F, A, B> ResponseFuture<F, A, B> {
    pub(super) fn new(inner: F, body: Shared<A>, patience: Patience) -> Self {
        Self { inner, body, patience, answer: None, timer: None }
    }
}

impl<F, A, B, E> Future for ResponseFuture<F, A, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    A: Body,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.answer.is_none() {
            *this.answer = Some(ready!(this.inner.poll(cx))?);
        }
        // Who still holds the body reads it itself, as streams do. Else: to its end, or that of our patience or of the connection.
        while Arc::strong_count(this.body) == 1 && this.patience.bytes > 0 {
            match poll(this.body, cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // An empty frame costs a byte too, so that they come to an end.
                    let bytes = frame.data_ref().map_or(1, |data| data.remaining().max(1));
                    this.patience.bytes = this.patience.bytes.saturating_sub(bytes);
                }
                Poll::Ready(Some(Err(_)) | None) => break,
                Poll::Pending => {
                    let time = this.patience.time;
                    let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(time)));
                    ready!(timer.as_mut().poll(cx));
                    break;
                }
            }
        }
        // Taken once: the future is not polled after it is done.
        this.answer.take().map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
    }
}
