//! The future: the inner answer, or the one that tells of its error.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::{Answer, told};
use crate::layers::BoxError;

pin_project! {
    /// Resolves to a response, whatever happens.
    #[derive(Debug)]
    pub struct ResponseFuture<F, B> {
        #[pin]
        inner: F,
        answer: Answer<B>,
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(super) fn new(inner: F, answer: Answer<B>) -> Self {
        Self { inner, answer }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx)).unwrap_or_else(|error| {
            let (error, headers) = told(error.into());
            let mut response = (this.answer)(error);
            response.headers_mut().extend(headers);
            response
        });
        Poll::Ready(Ok(response))
    }
}
