//! The layer: which answer tells of errors.

use tower::Layer;

use super::{Answer, Rescue};

/// Applies [`Rescue`] to a service.
#[derive(Debug)]
pub struct RescueLayer<B> {
    answer: Answer<B>,
}

impl<B> RescueLayer<B> {
    /// Tells of errors in this way.
    pub fn new(answer: Answer<B>) -> Self {
        Self { answer }
    }
}

impl<B> Clone for RescueLayer<B> {
    fn clone(&self) -> Self {
        Self { answer: self.answer }
    }
}

impl<S, B> Layer<S> for RescueLayer<B> {
    type Service = Rescue<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        Rescue { inner, answer: self.answer }
    }
}
