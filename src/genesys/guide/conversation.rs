//! A conversation as the guide prints it, and what it says in domain words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::ids::ConversationId;
use crate::domain::snapshot::{Participant, Role, Snapshot, Status};
use crate::genesys::wire::{attribute, filled, usable};
use crate::ports::UpstreamError;

/// A conversation. What a decision needs must be there and of its kind; all else may be missing, strange or more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conversation {
    id: String,
    status: String,
    participants: Vec<Leg>,
    #[serde(default, deserialize_with = "usable")]
    updated_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    queue_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    target_queue_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    transfer_reason: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    custom_attributes: Option<BTreeMap<String, Value>>,
}

/// A participant.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leg {
    id: String,
    role: String,
    status: String,
    #[serde(default, deserialize_with = "usable")]
    updated_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    user_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    agent_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    queue_id: Option<String>,
}

// === impl Conversation ===

impl Conversation {
    /// The snapshot of the conversation that was asked for: of no other, whatever a confused cache or proxy hands us.
    pub(super) fn into_snapshot(self, asked: &ConversationId) -> Result<Snapshot, UpstreamError> {
        if self.id != asked.as_str() {
            return Err(UpstreamError::Malformed("it is about another conversation"));
        }
        if self.status.is_empty() {
            return Err(UpstreamError::Malformed("the conversation has no status"));
        }
        Ok(Snapshot {
            conversation: asked.clone(),
            status: status(&self.status),
            status_text: self.status,
            updated: self.updated_time,
            participants: self.participants.into_iter().map(Leg::into_participant).collect(),
            queue_id: filled(self.queue_id),
            target_queue_id: filled(self.target_queue_id),
            transfer_reason: filled(self.transfer_reason),
            attributes: self.custom_attributes.unwrap_or_default().into_iter().filter_map(attribute).collect(),
            contact_id: None,
        })
    }
}

// === impl Leg ===

impl Leg {
    fn into_participant(self) -> Participant {
        Participant {
            id: self.id,
            role: role(&self.role),
            active: status(&self.status) == Status::Active,
            updated: self.updated_time,
            user_id: filled(self.user_id),
            agent_id: filled(self.agent_id),
            queue_id: filled(self.queue_id),
        }
    }
}

fn status(text: &str) -> Status {
    match text.to_ascii_uppercase().as_str() {
        "ACTIVE" => Status::Active,
        "DISCONNECTED" => Status::Disconnected,
        "TRANSFER" => Status::Transfer,
        "QUEUE" => Status::Queue,
        "REROUTE" => Status::Reroute,
        "PARKED" => Status::Parked,
        "TERMINATED" => Status::Terminated,
        _ => Status::Unknown,
    }
}

fn role(text: &str) -> Role {
    match text.to_ascii_uppercase().as_str() {
        "CUSTOMER" => Role::Customer,
        "AGENT" => Role::Agent,
        "SYSTEM" => Role::System,
        _ => Role::Other,
    }
}

#[cfg(test)]
mod tests;
