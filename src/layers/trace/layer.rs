//! The layer: its settings.

use tower::Layer;

use super::{Trace, Tracing};

/// Applies [`Trace`] to a service.
#[derive(Debug, Clone)]
pub struct TraceLayer<F> {
    tracing: Tracing,
    call: F,
}

impl<F> TraceLayer<F> {
    /// Traces the requests of which `call`, a `Fn(&Request) -> Option<Rpc>`, says what they call.
    pub fn new(tracing: Tracing, call: F) -> Self {
        Self { tracing, call }
    }
}

impl<S, F: Clone> Layer<S> for TraceLayer<F> {
    type Service = Trace<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Trace { inner, tracing: self.tracing.clone(), call: self.call.clone() }
    }
}
