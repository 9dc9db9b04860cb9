//! What Genesys pushes: events of a conversation into news for the mirror.
//!
//! An event tells of one leg, and some of them not all of that: where it leaves open what became of the conversation, the news is a
//! doubt, and whoever needs to know reads.

mod body;
mod detail;
mod topic;
mod undelivered;
mod whole;
mod words;

use serde_json::Value;

use crate::domain::ids::ConversationId;
use crate::domain::mirror::News;
use crate::ports::EventError;
use topic::Topic;

/// Reads an event. None where it tells nothing of a web conversation's state.
pub fn read(topic: &str, body: &Value, event_id: &str) -> Result<Option<(ConversationId, News)>, EventError> {
    match Topic::of(topic) {
        Topic::Detail { id, kind } => detail::read(id, kind, body, event_id),
        Topic::Undelivered => undelivered::read(body, event_id),
        Topic::Queue => whole::read(body),
        Topic::Other => Ok(None),
    }
}

#[cfg(test)]
mod tests;
