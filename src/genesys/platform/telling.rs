//! What a read tells the mirror. It is there to save the next read: nothing of it may cost this one its answer.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;
use tracing::debug;

use crate::domain::legs::Legs;
use crate::domain::mirror::{Feed, News};
use crate::ports::{Mirror, StoreError};

/// How long the mirror is waited for.
const PATIENCE: Duration = Duration::from_millis(250);

/// See the module.
pub struct Telling {
    mirror: Arc<dyn Mirror>,
    covered_queues: HashSet<String>,
}

// === impl Telling ===

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telling").finish_non_exhaustive()
    }
}

impl Telling {
    /// Tells this mirror; events tell of all that happens in these queues.
    pub fn new(mirror: Arc<dyn Mirror>, covered_queues: &[String]) -> Self {
        Self { mirror, covered_queues: covered_queues.iter().cloned().collect() }
    }

    /// The feed that a read that begins now can be joined to.
    pub async fn feed(&self) -> Option<Feed> {
        within("feed", self.mirror.feed()).await.flatten()
    }

    /// Tells what was read by this time, which is told in whole seconds: what it shows of a later instant was so then.
    pub async fn tell(&self, legs: Legs, read: Timestamp, feed: Option<Feed>) {
        let (id, as_of) = (legs.conversation.clone(), legs.changed().map_or(read, |changed| changed.max(read)));
        let feed = feed.filter(|_| legs.is_followed(|queue| self.covered_queues.contains(queue)));
        within("tell", self.mirror.tell(&id, &News::Whole { legs, as_of, feed })).await;
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
