//! Messages, and whether ours is among them.
//!
//! A conversation lists its messages without their texts, so the texts are asked for: of those that the API wrote, or somebody of
//! whom nobody knows the purpose, since ours can be no other. What cannot be told for certain makes the whole transcript unknown, and then nothing is sent again.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::conversation::{Entry, could_be_ours};
use super::marker::KIND;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::legs::Purpose;
use crate::genesys::wire::{filled, usable};
use crate::ports::{Line, UpstreamError};

/// As many texts as can be asked for at once.
pub(super) const MOST_TEXTS: usize = 1_000;

/// What each message says; of ones that are no text, nothing.
pub(super) type Texts = HashMap<String, String>;

/// `MessageData`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageData {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    conversation_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    text_body: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    normalized_message: Option<NormalizedMessage>,
}

/// `ConversationNormalizedMessage`.
#[derive(Deserialize)]
struct NormalizedMessage {
    #[serde(default, deserialize_with = "usable", rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    text: Option<String>,
}

/// `TextMessageListing`.
#[derive(Deserialize)]
pub(super) struct Listing {
    entities: Vec<Value>,
}

// === impl MessageData ===

impl MessageData {
    /// The conversation that the message asked for stands in.
    pub(super) fn into_home(self, asked: &MessageId) -> Result<ConversationId, UpstreamError> {
        if self.id.is_some_and(|id| id != asked.as_str()) {
            return Err(UpstreamError::Malformed("it is about another message"));
        }
        let home = self.conversation_id.and_then(|id| ConversationId::parse(&id).ok());
        home.ok_or(UpstreamError::Malformed("the message names no conversation"))
    }

    /// What it says: nothing if it is no text, none if nobody can tell.
    fn text(self) -> Option<String> {
        let normalized = self.normalized_message;
        let is_other = |kind: &str| !kind.is_empty() && !kind.eq_ignore_ascii_case("text");
        let is_no_text = normalized.as_ref().and_then(|message| message.kind.as_deref()).is_some_and(is_other);
        let text = self.text_body.or_else(|| normalized.and_then(|message| message.text));
        text.or_else(|| is_no_text.then(String::new))
    }
}

// === impl Listing ===

impl Listing {
    pub(super) fn into_texts(self) -> Texts {
        let read = |value| {
            let mut message: MessageData = serde_json::from_value(value).unwrap_or_default();
            let id = filled(message.id.take())?;
            Some((id, message.text()?))
        };
        self.entities.into_iter().filter_map(read).collect()
    }
}

/// The lines of a transcript, if each line that could be ours has its text. Those of the API bear the author that the service's own
/// messages are written with; those of others never equal one of ours.
pub(super) fn lines(entries: Vec<Entry>, mut texts: Texts) -> Option<Vec<Line>> {
    let line = |entry: Entry| {
        if could_be_ours(entry.purpose) {
            let text = texts.remove(&entry.id)?;
            return Some(Line { id: entry.id, author_id: KIND.to_owned(), kind: KIND.to_owned(), text });
        }
        let kind = if entry.purpose == Purpose::Customer { "customer" } else { "agent" };
        Some(Line { id: entry.id, author_id: entry.leg, kind: kind.to_owned(), text: String::new() })
    };
    entries.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(id: &str, purpose: Purpose) -> Entry {
        Entry { id: id.to_owned(), time: None, leg: "leg".to_owned(), purpose }
    }

    fn texts(entities: &Value) -> Texts {
        serde_json::from_value::<Listing>(json!({"entities": entities})).unwrap().into_texts()
    }

    #[test]
    fn texts_stand_where_either_form_has_them() {
        let texts = texts(&json!([
            {"id": "a", "textBody": "one"},
            {"id": "b", "normalizedMessage": {"type": "Text", "text": "two"}},
            {"id": "c", "normalizedMessage": {"type": "Structured"}},
            {"id": "d", "normalizedMessage": {"type": "Text"}},
            {"id": "e"},
            {"id": "", "textBody": "six"},
            {"textBody": "seven"},
            8,
        ]));
        let expected = [("a", "one"), ("b", "two"), ("c", "")];
        assert_eq!(texts, expected.map(|(id, text)| (id.to_owned(), text.to_owned())).into());
    }

    #[test]
    fn only_lines_of_the_api_can_be_ours() {
        let entries = vec![entry("1", Purpose::Customer), entry("2", Purpose::Api), entry("3", Purpose::Agent)];
        let lines = lines(entries, texts(&json!([{"id": "2", "textBody": "back"}]))).unwrap();
        let told: Vec<_> = lines.iter().map(|l| [&*l.id, &*l.author_id, &*l.kind, &*l.text]).collect();
        assert_eq!(told, [["1", "leg", "customer", ""], ["2", "system", "system", "back"], ["3", "leg", "agent", ""]]);
    }

    #[test]
    fn a_line_that_could_be_ours_and_cannot_be_read_makes_all_unknown() {
        let entries = || vec![entry("1", Purpose::Customer), entry("2", Purpose::Api)];
        assert!(lines(entries(), Texts::new()).is_none());
        assert!(lines(entries(), texts(&json!([{"id": "2", "normalizedMessage": {"type": "Text"}}]))).is_none());
        assert!(lines(vec![entry("1", Purpose::Customer)], Texts::new()).is_some());
    }

    #[test]
    fn a_message_names_its_conversation_or_the_answer_is_no_good() {
        let home = |body: Value| {
            let asked = MessageId::parse("m").unwrap();
            serde_json::from_value::<MessageData>(body).unwrap().into_home(&asked).ok().map(|id| id.to_string())
        };
        assert_eq!(home(json!({"id": "m", "conversationId": "c"})).as_deref(), Some("c"));
        assert_eq!(home(json!({"conversationId": "c"})).as_deref(), Some("c"));
        for strange in [json!({"id": "n", "conversationId": "c"}), json!({"id": "m"}), json!({"conversationId": "a/b"})]
        {
            assert_eq!(home(strange.clone()), None, "{strange}");
        }
    }
}
