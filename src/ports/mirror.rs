//! What all replicas know of conversations without asking for them.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::ConversationId;
use crate::domain::mirror::{Feed, MaxAge, News, Recalled};

/// Reads one event: what it is called, what it says, and its own name. None where it tells nothing that the mirror keeps.
pub type ReadEvent =
    fn(topic: &str, body: &Value, event_id: &str) -> Result<Option<(ConversationId, News)>, EventError>;

/// Why an event cannot be taken: which field is at fault, and what belongs there. What stands there is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct EventError {
    /// The field, by its path in the event's body.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The mirror all replicas share, on the store's clock. What it loses is read again.
#[async_trait]
pub trait Mirror: Send + Sync {
    /// Takes what is told of a conversation. Told twice, the second time changes nothing. After an error it may not be known:
    /// whoever listens begins the next feed then, and whoever was sent an event has it sent again.
    async fn tell(&self, id: &ConversationId, news: &News) -> Result<(), StoreError>;
    /// What is known of a conversation, and fresh by this measure.
    async fn recall(&self, id: &ConversationId, max_age: MaxAge) -> Result<Recalled, StoreError>;
    /// Begins a feed, for as long as it is heard of again within `hold_for`: once everything is listened to, so that nothing
    /// is missed from there on. None while another owner's lasts; of the same owner, the next one begins.
    async fn begin_feed(&self, owner: Uuid, hold_for: Duration) -> Result<Option<Feed>, StoreError>;
    /// Notes that a feed was heard just now, and that all it told before is kept. `false` if it is no longer the one that lasts.
    async fn heard(&self, owner: Uuid, feed: Feed, hold_for: Duration) -> Result<bool, StoreError>;
    /// The feed that lasts, to which a read that begins now can be joined.
    async fn feed(&self) -> Result<Option<Feed>, StoreError>;
}
