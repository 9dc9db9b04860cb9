//! A body that ends with an error where it leaves its bounds.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::{Bounds, too_large, too_slow};
use crate::domain::error::Error;
use crate::layers::BoxError;

/// Why a body was cut off, for whoever answers the request.
pub(super) type Cause = Arc<OnceLock<Error>>;

pin_project! {
    /// The inner body, as far as it keeps to its bounds.
    #[derive(Debug)]
    pub struct LimitedBody<B> {
        #[pin]
        inner: B,
        bounds: Bounds,
        left: u64,
        // Made when the body has to be waited for: most are there with the head.
        timer: Option<Pin<Box<Sleep>>>,
        cause: Cause,
    }
}

impl<B> LimitedBody<B> {
    pub(super) fn new(inner: B, bounds: Bounds, cause: Cause) -> Self {
        Self { inner, bounds, left: bounds.bytes, timer: None, cause }
    }
}

impl<B> Body for LimitedBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        let cut_off = |error: Error| Poll::Ready(Some(Err(this.cause.get_or_init(|| error).clone().into())));
        // Whoever polls on after the end gets the end again.
        if let Some(error) = this.cause.get() {
            return Poll::Ready(Some(Err(error.clone().into())));
        }
        if let Some(timer) = this.timer
            && timer.as_mut().poll(cx).is_ready()
        {
            return cut_off(too_slow(*this.bounds));
        }
        let frame = match this.inner.poll_frame(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                let bounds = *this.bounds;
                let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(bounds.within)));
                ready!(timer.as_mut().poll(cx));
                return cut_off(too_slow(bounds));
            }
        };
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            match this.left.checked_sub(data.remaining() as u64) {
                Some(left) => *this.left = left,
                None => return cut_off(too_large(*this.bounds)),
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
