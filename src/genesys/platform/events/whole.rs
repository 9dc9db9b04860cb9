//! `v2.routing.queues.{id}.conversations.messages`: all of a conversation, as the REST API prints it.

use serde_json::Value;

use super::body::wrong;
use super::words::{MESSENGER, UNSAID};
use crate::domain::ids::ConversationId;
use crate::domain::mirror::News;
use crate::genesys::platform::conversation::legs_of;
use crate::ports::EventError;

pub(super) fn read(body: &Value) -> Result<Option<(ConversationId, News)>, EventError> {
    let legs = legs_of(body.clone(), None)
        .map_err(|_| wrong("eventBody", "must be a conversation, with its id and its participants"))?;
    if !is_ours(body) {
        return Ok(None);
    }
    let as_of = legs.changed().ok_or(wrong("participants", "must name the time of something"))?;
    // Other queues' topics tell of the same conversation, and nobody says that this one told everything.
    Ok(Some((legs.conversation.clone(), News::Whole { legs, as_of, feed: None })))
}

/// Whether it is a web conversation, as far as its legs say.
fn is_ours(body: &Value) -> bool {
    let legs = body["participants"].as_array().into_iter().flatten();
    let said: Vec<&str> = legs.filter_map(|leg| leg["type"].as_str()).collect();
    let ours = |word: &&str| word.eq_ignore_ascii_case(MESSENGER) || word.eq_ignore_ascii_case(UNSAID);
    said.is_empty() || said.iter().any(ours)
}
