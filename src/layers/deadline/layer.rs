//! The layer: its settings.

use std::time::Duration;

use tower::Layer;

use super::{Applies, DeadlineService};

/// Applies [`DeadlineService`] to a service.
#[derive(Debug)]
pub struct DeadlineLayer<B> {
    longest: Duration,
    applies: Applies<B>,
}

impl<B> DeadlineLayer<B> {
    /// Ends each call it applies to after the time its caller gives or after `longest`, whichever is earlier.
    pub fn new(longest: Duration, applies: Applies<B>) -> Self {
        Self { longest, applies }
    }
}

impl<B> Clone for DeadlineLayer<B> {
    fn clone(&self) -> Self {
        Self { longest: self.longest, applies: self.applies }
    }
}

impl<S, B> Layer<S> for DeadlineLayer<B> {
    type Service = DeadlineService<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService::new(inner, self.longest, self.applies)
    }
}
