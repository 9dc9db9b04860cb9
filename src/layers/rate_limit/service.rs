//! The service: counts each request before the inner one sees it.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::{Refused, ResponseFuture, Standing};
use crate::layers::BoxError;

/// Calls the inner service as often as each caller may.
#[derive(Debug, Clone)]
pub struct RateLimit<S, F> {
    pub(super) inner: S,
    pub(super) count: F,
}

impl<S, F, A, B> Service<Request<A>> for RateLimit<S, F>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    F: Fn(&Request<A>) -> Option<Result<Standing, Refused>>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        match (self.count)(&request).transpose() {
            Ok(standing) => ResponseFuture::admitted(self.inner.call(request), standing),
            Err(refused) => ResponseFuture::refused(refused),
        }
    }
}
