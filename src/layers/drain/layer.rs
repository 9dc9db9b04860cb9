//! The layer: how patient it is.

use tower::Layer;

use super::{Drain, Patience};

/// Applies [`Drain`] to a service.
#[derive(Debug, Clone)]
pub struct DrainLayer {
    patience: Patience,
}

impl DrainLayer {
    /// Takes in so much.
    pub fn new(patience: Patience) -> Self {
        Self { patience }
    }
}

impl<S> Layer<S> for DrainLayer {
    type Service = Drain<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Drain { inner, patience: self.patience }
    }
}
