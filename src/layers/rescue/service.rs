//! The service: calls the inner one and answers for it where it fails.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::Response;
use tower::Service;

use super::{Answer, ResponseFuture};
use crate::layers::BoxError;

/// Answers errors of the inner service.
#[derive(Debug)]
pub struct Rescue<S, B> {
    pub(super) inner: S,
    pub(super) answer: Answer<B>,
}

impl<S: Clone, B> Clone for Rescue<S, B> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), answer: self.answer }
    }
}

impl<S, Q, B> Service<Q> for Rescue<S, B>
where
    S: Service<Q, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Nothing inside refuses to be ready for good; what it fails with later it fails with in the call.
        self.inner.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&mut self, request: Q) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.answer)
    }
}
