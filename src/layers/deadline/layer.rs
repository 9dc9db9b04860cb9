//! The layer: its settings.

use std::time::Duration;

use tower::Layer;

use super::{DeadlineService, Expired};

/// Applies [`DeadlineService`] to a service.
#[derive(Debug, Clone)]
pub struct DeadlineLayer {
    longest: Duration,
    expired: Expired,
}

impl DeadlineLayer {
    /// Ends each call after the time its caller gives or after `longest`, whichever is earlier, with this error.
    pub fn new(longest: Duration, expired: Expired) -> Self {
        Self { longest, expired }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService::new(inner, self.longest, self.expired)
    }
}
