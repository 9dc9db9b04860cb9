//! `v2.webmessaging.deployments.{id}.undelivered.messages`: messages that found no browser to go to.

use serde_json::Value;

use super::body::{Body, missing};
use crate::domain::ids::ConversationId;
use crate::domain::mirror::News;
use crate::ports::EventError;

/// Messages of one event. The platform sends one or a few.
const MOST_MESSAGES: usize = 100;

const ID: &str = "messages[].id";
const TIME: &str = "messages[].eventTimeMs";

pub(super) fn read(body: &Value, event_id: &str) -> Result<Option<(ConversationId, News)>, EventError> {
    let body = Body::of(body)?;
    let conversation = body.conversation(None)?;
    let happened = body.time("eventTimeMs")?;
    let message = |message: Body<'_>| {
        let id = message.id("id").and_then(|id| id.ok_or(missing("id"))).map_err(|error| within(ID, error))?;
        let time = message.time("eventTimeMs").map_err(|error| within(TIME, error))?;
        Ok((id, time.or(happened).ok_or(missing("eventTimeMs"))?))
    };
    let messages: Vec<_> = body.list("messages", MOST_MESSAGES)?.map(message).collect::<Result<_, _>>()?;
    if messages.is_empty() {
        return Ok(None);
    }
    Ok(Some((conversation, News::Undelivered { event: event_id.to_owned(), messages })))
}

fn within(field: &'static str, error: EventError) -> EventError {
    EventError { field, ..error }
}
