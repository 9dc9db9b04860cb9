//! A body that outlives whoever was given it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// What the service and the future that drains share. One of them polls at a time.
pub(super) type Shared<B> = Arc<Mutex<Pin<Box<B>>>>;

/// The inner service's hold on a body.
#[derive(Debug)]
pub struct SharedBody<B> {
    shared: Shared<B>,
}

impl<B> SharedBody<B> {
    pub(super) fn new(body: B) -> (Self, Shared<B>) {
        let shared: Shared<B> = Arc::new(Mutex::new(Box::pin(body)));
        (Self { shared: Arc::clone(&shared) }, shared)
    }
}

/// What a poll of a body gives.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

pub(super) fn poll<B: Body>(shared: &Shared<B>, cx: &mut Context<'_>) -> Polled<B> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).as_mut().poll_frame(cx)
}

impl<B: Body> Body for SharedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        poll(&self.shared, cx)
    }

    fn is_end_stream(&self) -> bool {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
