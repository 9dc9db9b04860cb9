//! The layer: whom a request is counted for.

use tower::Layer;

use super::RateLimit;

/// Applies [`RateLimit`] to a service.
#[derive(Debug, Clone)]
pub struct RateLimitLayer<F> {
    count: F,
}

impl<F> RateLimitLayer<F> {
    /// Counts each request by `count`, a `Fn(&Request) -> Option<Result<Standing, Refused>>`. None: it is exempt.
    pub fn new(count: F) -> Self {
        Self { count }
    }
}

impl<S, F: Clone> Layer<S> for RateLimitLayer<F> {
    type Service = RateLimit<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit { inner, count: self.count.clone() }
    }
}
