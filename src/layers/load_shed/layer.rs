//! The layer: how many, and when the rest may come back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tower::Layer;

use super::LoadShed;

/// Applies [`LoadShed`] to a service. All services it is applied to share one count.
#[derive(Debug, Clone)]
pub struct LoadShedLayer {
    room: Arc<Semaphore>,
    back_in: fn() -> Duration,
}

impl LoadShedLayer {
    /// Lets `most` calls in at once. The others are told to return after `back_in`, each after a time of its own.
    pub fn new(most: usize, back_in: fn() -> Duration) -> Self {
        Self { room: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))), back_in }
    }
}

impl<S> Layer<S> for LoadShedLayer {
    type Service = LoadShed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LoadShed { inner, room: Arc::clone(&self.room), back_in: self.back_in }
    }
}
