//! The service: starts the clock of each call.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::{Call, Code, ResponseFuture};

/// Counts calls to the inner service.
#[derive(Debug)]
pub struct RpcMetrics<S, F, B> {
    pub(super) inner: S,
    pub(super) call: F,
    pub(super) code: Code<B>,
}

impl<S: Clone, F: Clone, B> Clone for RpcMetrics<S, F, B> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), call: self.call.clone(), code: self.code }
    }
}

impl<S, F, A, B> Service<Request<A>> for RpcMetrics<S, F, B>
where
    S: Service<Request<A>, Response = Response<B>>,
    F: Fn(&Request<A>) -> Call,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let call = (self.call)(&request);
        ResponseFuture::new(self.inner.call(request), call, self.code)
    }
}
