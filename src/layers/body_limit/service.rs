//! The service: refuses what is declared too large, and watches the rest.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Request, Response};
use tower::Service;

use super::{Bounds, LimitedBody, ResponseFuture, too_large};
use crate::layers::BoxError;

/// Gives the inner service bodies within their bounds.
#[derive(Debug, Clone)]
pub struct BodyLimit<S> {
    pub(super) inner: S,
    pub(super) bounds: Bounds,
}

impl<S, A, B> Service<Request<A>> for BodyLimit<S>
where
    S: Service<Request<LimitedBody<A>>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if declared(request.headers()).is_some_and(|bytes| bytes > self.bounds.bytes) {
            return ResponseFuture::refused(too_large(self.bounds));
        }
        let cause = Arc::default();
        let request = request.map(|body| LimitedBody::new(body, self.bounds, Arc::clone(&cause)));
        ResponseFuture::watching(self.inner.call(request), cause)
    }
}

/// The length a request declares. The connection sees to it that it is no other.
fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
