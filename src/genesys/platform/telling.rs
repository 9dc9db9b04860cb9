//! What a read tells the mirror. It is there to save the next read: nothing of it may cost this one its answer.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;
use tracing::debug;

use crate::domain::legs::{Leg, Legs, Purpose};
use crate::domain::mirror::{Feed, News};
use crate::ports::{Mirror, StoreError};

/// How long the mirror is waited for.
const PATIENCE: Duration = Duration::from_millis(250);

/// See the module.
pub(super) struct Telling {
    mirror: Arc<dyn Mirror>,
    covered_queues: Arc<[String]>,
}

// === impl Telling ===

impl Telling {
    pub(super) fn new(mirror: Arc<dyn Mirror>, covered_queues: Arc<[String]>) -> Self {
        Self { mirror, covered_queues }
    }

    /// The feed that a read that begins now can be joined to.
    pub(super) async fn feed(&self) -> Option<Feed> {
        within("feed", self.mirror.feed()).await.flatten()
    }

    /// Tells what was read.
    pub(super) async fn tell(&self, legs: Legs, as_of: Timestamp, feed: Option<Feed>) {
        let id = legs.conversation.clone();
        let feed = feed.filter(|_| self.covers(&legs));
        within("tell", self.mirror.tell(&id, &News::Whole { legs, as_of, feed })).await;
    }

    /// Whether events tell of what happens next: they do of a queue's conversations, if the queue is among those listened to.
    fn covers(&self, legs: &Legs) -> bool {
        let serving = |leg: &&Leg| leg.is_live() && matches!(leg.purpose, Purpose::Acd | Purpose::Agent);
        let newest = legs.all.iter().filter(serving).max_by_key(|leg| leg.started);
        newest.and_then(|leg| leg.queue_id.as_ref()).is_some_and(|queue| self.covered_queues.contains(queue))
    }
}

/// What the mirror says in good time. The store tells of its own outages; a read that goes by it has only to know of it.
async fn within<T>(step: &'static str, call: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    match timeout(PATIENCE, call).await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            debug!(step, %error, "the mirror was not kept");
            None
        }
        Err(_) => {
            debug!(step, "the mirror was not waited for");
            None
        }
    }
}

#[cfg(test)]
mod tests;
