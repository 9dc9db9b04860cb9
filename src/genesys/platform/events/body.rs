//! The fields of an event's body, each read for what it must be.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::ids::{ConversationId, ParticipantId};
use crate::ports::EventError;

/// A body that is an object, or a part of one.
#[derive(Clone, Copy)]
pub(super) struct Body<'a>(&'a Value);

// === impl Body ===

impl<'a> Body<'a> {
    pub(super) fn of(value: &'a Value) -> Result<Self, EventError> {
        if value.is_object() { Ok(Self(value)) } else { Err(wrong("eventBody", "must be an object")) }
    }

    /// A field that is there and not null.
    fn field(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be left out, and is if it is empty.
    pub(super) fn text(self, name: &'static str) -> Result<Option<&'a str>, EventError> {
        let text = self.field(name).map(|value| value.as_str().ok_or(wrong(name, "must be a text"))).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// An id that may be left out.
    pub(super) fn id(self, name: &'static str) -> Result<Option<String>, EventError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        // All ids share one alphabet.
        let id = ParticipantId::parse(text).map_err(|_| wrong(name, NOT_AN_ID))?;
        Ok(Some(id.as_str().to_owned()))
    }

    /// An instant in milliseconds since 1970, that may be left out.
    pub(super) fn time(self, name: &'static str) -> Result<Option<Timestamp>, EventError> {
        let Some(value) = self.field(name) else { return Ok(None) };
        let instant = value.as_i64().and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        instant.map(Some).ok_or(wrong(name, "must be a time in milliseconds since 1970, as a whole number"))
    }

    /// A list of objects, at most so many.
    pub(super) fn list(self, name: &'static str, most: usize) -> Result<impl Iterator<Item = Self>, EventError> {
        let list = self.field(name).ok_or(missing(name))?;
        let list = list.as_array().ok_or(wrong(name, "must be a list"))?;
        if list.len() > most {
            return Err(wrong(name, "has more entries than one event may"));
        }
        if list.iter().all(Value::is_object) {
            Ok(list.iter().map(Self))
        } else {
            Err(wrong(name, "must be a list of objects"))
        }
    }

    /// The conversation it is about, which the topic names too unless it has a place-holder there.
    pub(super) fn conversation(self, by_topic: Option<&str>) -> Result<ConversationId, EventError> {
        const NAME: &str = "conversationId";
        let by_topic = by_topic.and_then(|id| ConversationId::parse(id).ok());
        let by_body = self.text(NAME)?.map(ConversationId::parse).transpose().map_err(|_| wrong(NAME, NOT_AN_ID))?;
        match (by_body, by_topic) {
            (Some(one), Some(other)) if one != other => Err(wrong(NAME, "is not the one that topicName has")),
            (Some(id), _) | (None, Some(id)) => Ok(id),
            (None, None) => Err(missing(NAME)),
        }
    }
}

const NOT_AN_ID: &str = "must be an id of the platform";

pub(super) const fn wrong(field: &'static str, problem: &'static str) -> EventError {
    EventError { field, problem }
}

pub(super) const fn missing(field: &'static str) -> EventError {
    wrong(field, "is required")
}
