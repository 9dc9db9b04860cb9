//! The service: has each request judged before the inner one sees it.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::{Authenticate, ResponseFuture};
use crate::layers::BoxError;

/// Calls the inner service for callers that are let in.
#[derive(Debug, Clone)]
pub struct Auth<S, A> {
    pub(super) inner: S,
    pub(super) judge: A,
}

impl<S, A, Q, B> Service<Request<Q>> for Auth<S, A>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    A: Authenticate,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = ResponseFuture<S, Q>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // The clone stays here; the service that said it is ready goes into the future.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let (head, body) = request.into_parts();
        ResponseFuture::new(self.judge.authenticate(head), ready, body)
    }
}
