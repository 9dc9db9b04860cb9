//! The future: the judgement, then the call.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use crate::domain::error::Error;
use crate::layers::BoxError;

pin_project! {
    /// Resolves to the inner response, or to why there is none.
    pub struct ResponseFuture<S: Service<Request<Q>>, Q> {
        judgement: BoxFuture<'static, Result<Parts, Error>>,
        waiting: Option<(S, Q)>,
        #[pin]
        call: Option<S::Future>,
    }
}

impl<S: Service<Request<Q>>, Q> fmt::Debug for ResponseFuture<S, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("judged", &self.waiting.is_none()).finish_non_exhaustive()
    }
}

impl<S: Service<Request<Q>>, Q> ResponseFuture<S, Q> {
    pub(super) fn new(judgement: BoxFuture<'static, Result<Parts, Error>>, service: S, body: Q) -> Self {
        Self { judgement, waiting: Some((service, body)), call: None }
    }
}

impl<S, Q, B> Future for ResponseFuture<S, Q>
where
    S: Service<Request<Q>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.waiting.is_some() {
            let head = ready!(this.judgement.as_mut().poll(cx))?;
            if let Some((mut service, body)) = this.waiting.take() {
                this.call.set(Some(service.call(Request::from_parts(head, body))));
            }
        }
        // Judged and let in, so there is a call.
        let Some(call) = this.call.as_pin_mut() else { return Poll::Pending };
        call.poll(cx).map_err(Into::into)
    }
}
