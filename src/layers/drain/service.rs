//! The service: keeps a hold on each request's body.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower::Service;

use super::{Patience, ResponseFuture, SharedBody};

/// Calls the inner service and takes in what it left unread.
#[derive(Debug, Clone)]
pub struct Drain<S> {
    pub(super) inner: S,
    pub(super) patience: Patience,
}

impl<S, A, B> Service<Request<A>> for Drain<S>
where
    S: Service<Request<SharedBody<A>>, Response = Response<B>>,
    A: Body,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, A, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (head, body) = request.into_parts();
        let (body, shared) = SharedBody::new(body);
        ResponseFuture::new(self.inner.call(Request::from_parts(head, body)), shared, self.patience)
    }
}
