//! The future: the inner one with its place, or the refusal.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::sync::OwnedSemaphorePermit;

use crate::domain::error::{Error, Reason};
use crate::layers::BoxError;

pin_project! {
    /// Resolves to the inner response. Its place is free again when it resolves or is dropped: our answers are whole by then,
    /// and sending them is the connection's work.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        place: Option<Place>,
        back_in: Duration,
    }
}

/// A call's place among those under way, counted while it is held.
#[derive(Debug)]
struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("session_resumption_calls_in_flight").increment(1.0);
        Self { _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("session_resumption_calls_in_flight").decrement(1.0);
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn admitted(inner: F, permit: OwnedSemaphorePermit) -> Self {
        Self { inner: Some(inner), place: Some(Place::new(permit)), back_in: Duration::ZERO }
    }

    pub(super) fn refused(back_in: Duration) -> Self {
        metrics::counter!("session_resumption_shed_total").increment(1);
        Self { inner: None, place: None, back_in }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            let message = "more calls are under way than this replica takes; nothing was begun";
            return Poll::Ready(Err(Error::retry(Reason::Overloaded, message, *this.back_in).into()));
        };
        let outcome = ready!(inner.poll(cx));
        *this.place = None;
        Poll::Ready(outcome.map_err(Into::into))
    }
}
