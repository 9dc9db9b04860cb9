//! The layer: who judges.

use tower::Layer;

use super::Auth;

/// Applies [`Auth`] to a service.
#[derive(Debug, Clone)]
pub struct AuthLayer<A> {
    judge: A,
}

impl<A> AuthLayer<A> {
    /// Has each request judged by `judge`.
    pub fn new(judge: A) -> Self {
        Self { judge }
    }
}

impl<S, A: Clone> Layer<S> for AuthLayer<A> {
    type Service = Auth<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        Auth { inner, judge: self.judge.clone() }
    }
}
