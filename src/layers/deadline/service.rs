//! The service: reads the deadline, hands it on and watches it.

use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::Instant;
use tower::Service;

use super::{Applies, Deadline, ResponseFuture, timeout};

/// Ends calls to the inner service at their deadline.
#[derive(Debug)]
pub struct DeadlineService<S, B> {
    inner: S,
    longest: Duration,
    applies: Applies<B>,
}

impl<S, B> DeadlineService<S, B> {
    pub(super) fn new(inner: S, longest: Duration, applies: Applies<B>) -> Self {
        Self { inner, longest, applies }
    }
}

impl<S: Clone, B> Clone for DeadlineService<S, B> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), longest: self.longest, applies: self.applies }
    }
}

impl<S, A, B> Service<Request<A>> for DeadlineService<S, B>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let Some(expired) = (self.applies)(request.uri(), request.headers()) else {
            return ResponseFuture::new(self.inner.call(request), None);
        };
        let asked = timeout::of(request.headers()).map_or(self.longest, timeout::answer_before);
        let deadline = Instant::now() + asked.min(self.longest);
        request.extensions_mut().insert(Deadline(deadline));
        ResponseFuture::new(self.inner.call(request), Some((deadline, expired)))
    }
}
