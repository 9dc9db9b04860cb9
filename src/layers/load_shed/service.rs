//! The service: a place for each call, or none.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Semaphore;
use tower::Service;

use super::ResponseFuture;
use crate::layers::BoxError;

/// Calls the inner service while there is room.
#[derive(Debug, Clone)]
pub struct LoadShed<S> {
    pub(super) inner: S,
    pub(super) room: Arc<Semaphore>,
    pub(super) back_in: fn() -> Duration,
}

impl<S, Q> Service<Q> for LoadShed<S>
where
    S: Service<Q>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Q) -> Self::Future {
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(place) => ResponseFuture::admitted(self.inner.call(request), place),
            Err(_) => ResponseFuture::refused((self.back_in)()),
        }
    }
}
