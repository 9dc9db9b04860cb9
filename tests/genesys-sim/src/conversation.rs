//! The conversation, its participants and its transcript, serialized exactly as the guide prints them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Status, clock::rfc3339_millis};

/// A messaging conversation, as the read call answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "messaging", rename_all = "camelCase")]
pub struct Conversation {
    /// The conversation's id.
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// When its status last changed. Messages and metadata leave it alone, or they would stretch the window.
    #[serde(serialize_with = "rfc3339_millis")]
    pub updated_time: Timestamp,
    /// Everyone who is or was in it, in order of arrival.
    pub participants: Vec<Participant>,
    /// The queue it was routed through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<String>,
    /// Where it is being transferred to; only during TRANSFER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_queue_id: Option<String>,
    /// Why it is being transferred; only during TRANSFER.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_reason: Option<String>,
    /// The metadata that PATCH writes; absent on the wire while there is none, as in the guide's example.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_attributes: BTreeMap<String, String>,
}

/// One leg of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// The participant's id, unique in its conversation.
    pub id: String,
    /// What the participant is there for.
    pub role: Role,
    /// Whether the leg is up.
    pub status: Status,
    /// When the leg last changed.
    #[serde(serialize_with = "rfc3339_millis")]
    pub updated_time: Timestamp,
    /// The agent's user id; absent for everyone else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// What a participant is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// The customer at the web page; exactly one in every conversation.
    Customer,
    /// An agent.
    Agent,
    /// A bot or flow.
    System,
}

/// One entry of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's id.
    pub id: String,
    /// The author's participant id, or `system`.
    pub author_id: String,
    /// On whose behalf it was written.
    #[serde(rename = "type")]
    pub author: Author,
    /// What it says.
    pub text: String,
    /// When it was taken.
    #[serde(serialize_with = "rfc3339_millis")]
    pub time: Timestamp,
}

/// On whose behalf a message was written: the message's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// The customer.
    Customer,
    /// The agent; only agents' own desktops write these.
    Agent,
    /// The platform: a marker, not an utterance.
    System,
}

// === impl Conversation ===

impl Conversation {
    /// The customer's participant id.
    pub fn customer_id(&self) -> Option<&str> {
        self.participants.iter().find(|leg| leg.role == Role::Customer).map(|leg| leg.id.as_str())
    }

    /// Whether a participant of this role is connected.
    pub fn has_active(&self, role: Role) -> bool {
        self.participants.iter().any(|leg| leg.role == role && leg.status == Status::Active)
    }
}

// === impl Participant ===

impl Participant {
    pub(crate) fn new(id: String, role: Role, status: Status, now: Timestamp) -> Self {
        Self { id, role, status, updated_time: now, user_id: None }
    }

    pub(crate) fn change(&mut self, status: Status, now: Timestamp) {
        if self.status != status {
            self.status = status;
            self.updated_time = now;
        }
    }
}
