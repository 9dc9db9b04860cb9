//! The layer: how a name is made.

use tower::Layer;
use uuid::Uuid;

use super::SetRequestId;

/// Applies [`SetRequestId`] to a service.
#[derive(Debug, Clone)]
pub struct RequestIdLayer {
    make: fn() -> Uuid,
}

impl RequestIdLayer {
    /// Names requests that have no usable name by `make`.
    pub fn new(make: fn() -> Uuid) -> Self {
        Self { make }
    }
}

impl<S> Layer<S> for RequestIdLayer {
    type Service = SetRequestId<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SetRequestId { inner, make: self.make }
    }
}
