//! The layer: its settings.

use std::time::Duration;

use http::{Response, Uri};
use tower::Layer;

use super::DeadlineService;

/// Applies [`DeadlineService`] to a service.
#[derive(Debug)]
pub struct DeadlineLayer<B> {
    longest: Duration,
    applies: fn(&Uri) -> bool,
    expired: fn() -> Response<B>,
}

impl<B> DeadlineLayer<B> {
    /// Ends each call it applies to after its `grpc-timeout` or after `longest`, whichever is earlier, with the answer
    /// `expired` makes.
    pub fn new(longest: Duration, applies: fn(&Uri) -> bool, expired: fn() -> Response<B>) -> Self {
        Self { longest, applies, expired }
    }
}

impl<B> Clone for DeadlineLayer<B> {
    fn clone(&self) -> Self {
        Self { longest: self.longest, applies: self.applies, expired: self.expired }
    }
}

impl<S, B> Layer<S> for DeadlineLayer<B> {
    type Service = DeadlineService<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService::new(inner, self.longest, self.applies, self.expired)
    }
}
