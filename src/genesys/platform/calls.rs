//! Everything that is ever asked of the platform's conversations. There is no other way to a path or a method.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::marker::Agentless;
use super::metadata::Amendment;
use crate::domain::ids::{ConversationId, MessageId, Pair};
use crate::genesys::api::Call;
use crate::genesys::join;
use crate::genesys::operation::Operation;
use crate::genesys::wire::attributes;
use crate::ports::Metadata;

/// One call.
#[derive(Clone, Copy)]
pub(super) enum Ask<'a> {
    /// The conversation, for what it is doing.
    Conversation(&'a ConversationId),
    /// The conversation, for the messages that stand in it.
    Transcript(&'a ConversationId),
    /// What these messages of it say.
    Texts(&'a ConversationId, &'a [&'a str]),
    /// A message, for where it stands.
    Message(&'a MessageId),
    /// To add to the attributes of the customer's participant.
    WriteAttributes(&'a Pair, &'a Metadata),
    /// The records of custom attributes.
    CustomAttributes(&'a ConversationId),
    /// To add to a record of custom attributes.
    AmendCustomAttributes(&'a ConversationId, &'a Amendment),
    /// To write as the API.
    Say(&'a Agentless),
}

// === impl Ask ===

impl Ask<'_> {
    /// The call, below `/api/v2/conversations`.
    pub(super) fn call(self, base: &Url) -> Call {
        let (operation, method, path, body): (_, _, Vec<&str>, Option<Value>) = match self {
            Self::Conversation(id) => (Operation::Read, Method::GET, vec!["messages", id.as_str()], None),
            Self::Transcript(id) => (Operation::Transcript, Method::GET, vec!["messages", id.as_str()], None),
            Self::Texts(id, messages) => {
                let path = vec!["messages", id.as_str(), "messages", "bulk"];
                (Operation::Transcript, Method::POST, path, Some(json!(messages)))
            }
            Self::Message(id) => (Operation::Locate, Method::GET, vec!["messages", id.as_str(), "details"], None),
            Self::WriteAttributes(pair, metadata) => {
                let path = vec![pair.conversation.as_str(), "participants", pair.participant.as_str(), "attributes"];
                let body = json!({"attributes": attributes(metadata)});
                (Operation::WriteMetadata, Method::PATCH, path, Some(body))
            }
            Self::CustomAttributes(id) => {
                (Operation::ReadMetadata, Method::GET, vec![id.as_str(), "customattributes"], None)
            }
            Self::AmendCustomAttributes(id, amendment) => {
                let path = vec![id.as_str(), "customattributes"];
                (Operation::WriteMetadata, Method::PATCH, path, Some(json!(amendment)))
            }
            Self::Say(message) => (Operation::Post, Method::POST, vec!["messages", "agentless"], Some(json!(message))),
        };
        let mut url = join(base, path);
        if matches!(self, Self::Texts(..) | Self::Message(_)) {
            // The form that stays; the other's fields are deprecated.
            url.set_query(Some("useNormalizedMessage=true"));
        }
        Call { operation, method, url, body }
    }
}
