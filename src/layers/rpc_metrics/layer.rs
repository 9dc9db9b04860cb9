//! The layer: what calls are counted under.

use tower::Layer;

use super::{Code, RpcMetrics};

/// Applies [`RpcMetrics`] to a service.
#[derive(Debug)]
pub struct RpcMetricsLayer<F, B> {
    call: F,
    code: Code<B>,
}

impl<F, B> RpcMetricsLayer<F, B> {
    /// Counts each request under what `call`, a `Fn(&Request) -> Call`, says, and each answer under `code`.
    pub fn new(call: F, code: Code<B>) -> Self {
        Self { call, code }
    }
}

impl<F: Clone, B> Clone for RpcMetricsLayer<F, B> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), code: self.code }
    }
}

impl<S, F: Clone, B> Layer<S> for RpcMetricsLayer<F, B> {
    type Service = RpcMetrics<S, F, B>;

    fn layer(&self, inner: S) -> Self::Service {
        RpcMetrics { inner, call: self.call.clone(), code: self.code }
    }
}
