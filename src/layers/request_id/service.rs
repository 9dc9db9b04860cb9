//! The service: sets the name.

use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response};
use tower::Service;
use uuid::Uuid;

use super::{RequestId, ResponseFuture, given};

/// Gives the inner service requests with a [`RequestId`].
#[derive(Debug, Clone)]
pub struct SetRequestId<S> {
    pub(super) inner: S,
    pub(super) make: fn() -> Uuid,
}

impl<S, A, B> Service<Request<A>> for SetRequestId<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let id = given(request.headers()).unwrap_or_else(|| {
            let mut text = Uuid::encode_buffer();
            let text = (self.make)().hyphenated().encode_lower(&mut text);
            // A UUID is letters, digits and hyphens.
            HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
        });
        request.extensions_mut().insert(RequestId(id.clone()));
        ResponseFuture::new(self.inner.call(request), id)
    }
}
