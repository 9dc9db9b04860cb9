//! The future: the inner answer, unless the body was cut off.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::body::Cause;
use crate::domain::error::Error;
use crate::layers::BoxError;

pin_project! {
    /// Resolves to the inner response, or to why the body was cut off.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        cause: Cause,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn watching(inner: F, cause: Cause) -> Self {
        Self { inner: Some(inner), cause }
    }

    pub(super) fn refused(error: Error) -> Self {
        Self { inner: None, cause: Arc::new(error.into()) }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = this.inner.as_pin_mut().map(|inner| inner.poll(cx));
        if let Some(error) = this.cause.get() {
            return Poll::Ready(Err(error.clone().into()));
        }
        // Without an inner future there is a cause.
        let Some(outcome) = outcome else { return Poll::Pending };
        Poll::Ready(ready!(outcome).map_err(Into::into))
    }
}
