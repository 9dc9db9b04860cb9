//! What events come in: EventBridge's envelope, or none, alone or several together.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::ports::EventError;
use crate::service::events::Pushed;

/// Events of one list.
const MOST_EVENTS: usize = 100;

/// Characters of an event's own name.
const LONGEST_ID: usize = 128;

/// The events of one request, or why one of them is none.
#[derive(Debug, PartialEq)]
pub(super) enum Envelope {
    /// One.
    One(Result<Pushed, EventError>),
    /// Several, in `events`.
    List(Vec<Result<Pushed, EventError>>),
}

/// Reads what was posted. Fields that it does not know are passed over.
pub(super) fn read(posted: Value) -> Result<Envelope, EventError> {
    let Value::Object(mut posted) = posted else { return Err(wrong("the request", "must be a JSON object")) };
    match posted.remove("events") {
        None | Some(Value::Null) => Ok(Envelope::One(event(posted))),
        Some(Value::Array(list)) if list.len() > MOST_EVENTS => Err(wrong("events", "must have at most 100 entries")),
        Some(Value::Array(list)) => Ok(Envelope::List(list.into_iter().map(entry).collect())),
        Some(_) => Err(wrong("events", "must be a list")),
    }
}

fn entry(posted: Value) -> Result<Pushed, EventError> {
    match posted {
        Value::Object(posted) => event(posted),
        _ => Err(wrong("event", "must be an object")),
    }
}

/// One event: within EventBridge's envelope it stands in `detail`, and the envelope names it.
fn event(mut posted: Map<String, Value>) -> Result<Pushed, EventError> {
    let id = id(posted.remove("id"))?;
    match posted.remove("detail") {
        None | Some(Value::Null) => {
            let topic = topic(posted.remove("topicName"), "topicName")?;
            let body = posted.remove("eventBody").ok_or(wrong("eventBody", "is required"))?;
            let id = id.unwrap_or_else(|| name(&topic, &body));
            Ok(Pushed { topic, body, id })
        }
        Some(Value::Object(mut detail)) => {
            let topic = topic(detail.remove("topicName"), "detail.topicName")?;
            let body = detail.remove("eventBody").ok_or(wrong("detail.eventBody", "is required"))?;
            // EventBridge repeats an event by this name.
            Ok(Pushed { topic, body, id: id.ok_or(wrong("id", "is required"))? })
        }
        Some(_) => Err(wrong("detail", "must be an object")),
    }
}

fn id(value: Option<Value>) -> Result<Option<String>, EventError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id))
            if (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(Some(id))
        }
        Some(_) => Err(wrong("id", "must be a text of 1 to 128 visible ASCII characters, or be left out")),
    }
}

fn topic(value: Option<Value>, field: &'static str) -> Result<String, EventError> {
    match value {
        None | Some(Value::Null) => Err(wrong(field, "is required")),
        Some(Value::String(topic)) => Ok(topic),
        Some(_) => Err(wrong(field, "must be a text")),
    }
}

/// A name for an event that has none: the same for the same content, so that a repetition is known for one.
fn name(topic: &str, body: &Value) -> String {
    let hash = Sha256::new().chain_update(topic).chain_update([0]).chain_update(body.to_string()).finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(first).into_uuid().to_string()
}

const fn wrong(field: &'static str, problem: &'static str) -> EventError {
    EventError { field, problem }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(posted: Value) -> Result<Pushed, EventError> {
        match read(posted)? {
            Envelope::One(event) => event,
            Envelope::List(list) => panic!("{list:?}"),
        }
    }

    #[test]
    fn events_come_with_and_without_an_envelope() {
        let sample = include_str!("../../../tests/genesys/samples/eventbridge__conversation-end-event.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let pushed = one(sample.clone()).unwrap();
        assert_eq!(pushed.id, sample["id"]);
        assert_eq!(pushed.topic, sample["detail"]["topicName"]);
        assert_eq!(pushed.body, sample["detail"]["eventBody"]);
        let bare = one(json!({"id": "e-1", "topicName": "t", "eventBody": {"a": 1}})).unwrap();
        assert_eq!(bare, Pushed { topic: "t".to_owned(), body: json!({"a": 1}), id: "e-1".to_owned() });
        let listed = read(json!({"events": [sample, {"topicName": "t", "eventBody": 1}, 7, {}]})).unwrap();
        let Envelope::List(listed) = listed else { panic!("{listed:?}") };
        let fields: Vec<_> = listed.into_iter().map(|event| event.map_err(|error| error.field).err()).collect();
        assert_eq!(fields, [None, None, Some("event"), Some("topicName")]);
    }

    #[test]
    fn an_event_without_a_name_is_named_by_its_content() {
        let named = |posted: Value| one(posted).unwrap().id;
        let first = named(json!({"topicName": "t", "eventBody": {"a": 1, "b": 2}}));
        assert_eq!(named(json!({"eventBody": {"b": 2, "a": 1}, "topicName": "t", "id": null})), first);
        assert_eq!(uuid::Uuid::parse_str(&first).unwrap().get_version_num(), 8);
        for other in [
            json!({"topicName": "u", "eventBody": {"a": 1, "b": 2}}),
            json!({"topicName": "t", "eventBody": {"a": 1, "b": 3}}),
        ] {
            assert_ne!(named(other.clone()), first, "{other}");
        }
    }

    #[test]
    fn what_is_no_event_is_told_by_the_field_at_fault() {
        let field = |posted: Value| one(posted).map_err(|error| error.field);
        for (posted, expected) in [
            (json!(null), "the request"),
            (json!([]), "the request"),
            (json!({}), "topicName"),
            (json!({"topicName": 1, "eventBody": {}}), "topicName"),
            (json!({"topicName": "t"}), "eventBody"),
            (json!({"topicName": "t", "eventBody": {}, "id": 1}), "id"),
            (json!({"topicName": "t", "eventBody": {}, "id": ""}), "id"),
            (json!({"topicName": "t", "eventBody": {}, "id": "a b"}), "id"),
            (json!({"topicName": "t", "eventBody": {}, "id": "x".repeat(129)}), "id"),
            (json!({"detail": 1}), "detail"),
            (json!({"id": "e", "detail": {}}), "detail.topicName"),
            (json!({"id": "e", "detail": {"topicName": [], "eventBody": {}}}), "detail.topicName"),
            (json!({"id": "e", "detail": {"topicName": "t"}}), "detail.eventBody"),
            (json!({"detail": {"topicName": "t", "eventBody": {}}}), "id"),
            (json!({"events": {}}), "events"),
            (json!({"events": vec![json!({}); 101]}), "events"),
        ] {
            assert_eq!(field(posted.clone()), Err(expected), "{posted}");
        }
    }
}
