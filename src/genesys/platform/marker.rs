//! The marker, written by the API's own participant: the only message that a service can add to a web chat.

use serde::{Deserialize, Serialize};

use crate::domain::ids::ConversationId;
use crate::genesys::wire::{filled, usable};
use crate::ports::{Post, UpstreamError};

/// The type of what the service itself says, and the author that stands for it.
pub(super) const KIND: &str = "system";

/// What stands for the id of a marker that Architect writes.
pub(super) const BY_ARCHITECT: &str = "by-architect";

/// The longest text that a web chat takes.
const MAX_TEXT: usize = 2_000;

/// `SendAgentlessOutboundMessageRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agentless {
    from_address: String,
    external_contact_id: String,
    to_address_messenger_type: &'static str,
    text_body: String,
    use_existing_active_conversation: bool,
}

/// `SendAgentlessOutboundMessageResponse`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    conversation_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    message: Option<Message>,
}

/// The message in it, which has an id of its own.
#[derive(Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
}

// === impl Agentless ===

impl Agentless {
    pub(super) fn new(deployment_id: &str, post: &Post) -> Result<Self, UpstreamError> {
        let Some(contact) = post.contact_id.clone().filter(|contact| !contact.is_empty()) else {
            return Err(UpstreamError::Withheld("the customer has no external contact to write to"));
        };
        if post.text.encode_utf16().count() > MAX_TEXT {
            // What Genesys would say.
            return Err(UpstreamError::Rejected { status: 413 });
        }
        Ok(Self {
            from_address: deployment_id.to_owned(),
            external_contact_id: contact,
            to_address_messenger_type: "webmessaging",
            text_body: post.text.clone(),
            // The customer is there: without this, a second conversation would begin.
            use_existing_active_conversation: true,
        })
    }
}

// === impl Said ===

impl Said {
    /// The id it has in the transcript of the conversation it was meant for.
    pub(super) fn into_id(self, meant: &ConversationId) -> Result<String, UpstreamError> {
        if self.conversation_id.as_deref() != Some(meant.as_str()) {
            return Err(UpstreamError::Malformed("the message stands in another conversation"));
        }
        let id = self.message.and_then(|message| filled(message.id)).or_else(|| filled(self.id));
        id.ok_or(UpstreamError::Malformed("the message has no id"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn post(text: &str, contact: Option<&str>) -> Post {
        let contact_id = contact.map(str::to_owned);
        Post { author_id: KIND.to_owned(), kind: KIND, text: text.to_owned(), to: Vec::new(), contact_id }
    }

    #[test]
    fn whoever_has_no_contact_is_not_written_to() {
        for contact in [None, Some("")] {
            let error = Agentless::new("d", &post("back", contact)).err();
            assert!(matches!(error, Some(UpstreamError::Withheld(_))), "{error:?}");
            assert!(!error.unwrap().outcome_unknown());
        }
    }

    #[test]
    fn a_text_is_as_long_as_genesys_counts_it() {
        let is_taken = |text: &str| Agentless::new("d", &post(text, Some("c"))).is_ok();
        assert!(is_taken(&"x".repeat(2_000)));
        assert!(!is_taken(&"x".repeat(2_001)));
        assert!(is_taken(&"🦓".repeat(1_000)));
        assert!(!is_taken(&"🦓".repeat(1_001)));
    }

    #[test]
    fn only_a_message_in_the_right_conversation_has_an_id() {
        let meant = ConversationId::parse("c").unwrap();
        let id = |body: Value| serde_json::from_value::<Said>(body).unwrap().into_id(&meant);
        assert_eq!(id(json!({"id": "m", "conversationId": "c"})), Ok("m".to_owned()));
        assert_eq!(id(json!({"id": "x", "conversationId": "c", "message": {"id": "m"}})), Ok("m".to_owned()));
        assert_eq!(id(json!({"id": "m", "conversationId": "c", "message": {"id": ""}})), Ok("m".to_owned()));
        for other in [
            json!({"id": "m", "conversationId": "d"}),
            json!({"id": "m"}),
            json!({"id": "m", "conversationId": null}),
            json!({"conversationId": "c"}),
            json!({"id": "", "conversationId": "c", "message": []}),
        ] {
            let error = id(other.clone()).unwrap_err();
            assert!(matches!(error, UpstreamError::Malformed(_)) && error.outcome_unknown(), "{other}");
        }
    }
}
