//! The layer: the bounds.

use tower::Layer;

use super::{BodyLimit, Bounds};

/// Applies [`BodyLimit`] to a service.
#[derive(Debug, Clone)]
pub struct BodyLimitLayer {
    bounds: Bounds,
}

impl BodyLimitLayer {
    /// Holds bodies to these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds }
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyLimit { inner, bounds: self.bounds }
    }
}
