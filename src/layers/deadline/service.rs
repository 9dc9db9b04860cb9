//! The service: reads the deadline, hands it on and watches it.

use std::task::{Context, Poll};
use std::time::Duration;

use http::Request;
use tokio::time::Instant;
use tower::Service;

use super::{Deadline, Expired, ResponseFuture, timeout};
use crate::layers::BoxError;

/// Ends calls to the inner service at their deadline.
#[derive(Debug, Clone)]
pub struct DeadlineService<S> {
    inner: S,
    longest: Duration,
    expired: Expired,
}

impl<S> DeadlineService<S> {
    pub(super) fn new(inner: S, longest: Duration, expired: Expired) -> Self {
        Self { inner, longest, expired }
    }
}

impl<S, A> Service<Request<A>> for DeadlineService<S>
where
    S: Service<Request<A>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let asked = timeout::of(request.headers()).map_or(self.longest, timeout::answer_before);
        let deadline = Instant::now() + asked.min(self.longest);
        request.extensions_mut().insert(Deadline(deadline));
        ResponseFuture::new(self.inner.call(request), deadline, self.expired)
    }
}
