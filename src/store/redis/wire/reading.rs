//! A heartbeat's reading as a text.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::ConversationId;
use crate::domain::snapshot::{self as domain, Role, Status};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reading {
    found: Option<Snapshot>,
    date: Option<Timestamp>,
    #[serde(default)]
    mirrored: Option<Timestamp>,
    #[serde(default)]
    undelivered: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Snapshot {
    conversation: String,
    #[serde(with = "StatusName")]
    status: Status,
    status_text: String,
    updated: Option<Timestamp>,
    participants: Vec<Leg>,
    queue_id: Option<String>,
    target_queue_id: Option<String>,
    transfer_reason: Option<String>,
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    contact_id: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Leg(#[serde(with = "Participant")] domain::Participant);

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "domain::Participant")]
struct Participant {
    id: String,
    #[serde(with = "RoleName")]
    role: Role,
    active: bool,
    updated: Option<Timestamp>,
    user_id: Option<String>,
    agent_id: Option<String>,
    queue_id: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "Status")]
enum StatusName {
    Active,
    Disconnected,
    Transfer,
    Queue,
    Reroute,
    Parked,
    Terminated,
    Unknown,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(remote = "Role")]
enum RoleName {
    Customer,
    Agent,
    System,
    Other,
}

impl From<domain::Reading> for Reading {
    fn from(reading: domain::Reading) -> Self {
        let snapshot = |found: domain::Snapshot| Snapshot {
            conversation: found.conversation.to_string(),
            status: found.status,
            status_text: found.status_text,
            updated: found.updated,
            participants: found.participants.into_iter().map(Leg).collect(),
            queue_id: found.queue_id,
            target_queue_id: found.target_queue_id,
            transfer_reason: found.transfer_reason,
            attributes: found.attributes,
            contact_id: found.contact_id,
        };
        Self {
            found: reading.found.map(snapshot),
            date: reading.date,
            mirrored: reading.mirrored,
            undelivered: reading.undelivered,
        }
    }
}

impl Reading {
    /// None when it names what is no conversation.
    pub(super) fn into_domain(self) -> Option<domain::Reading> {
        let snapshot = |found: Snapshot| {
            Some(domain::Snapshot {
                conversation: ConversationId::parse(&found.conversation).ok()?,
                status: found.status,
                status_text: found.status_text,
                updated: found.updated,
                participants: found.participants.into_iter().map(|Leg(leg)| leg).collect(),
                queue_id: found.queue_id,
                target_queue_id: found.target_queue_id,
                transfer_reason: found.transfer_reason,
                attributes: found.attributes,
                contact_id: found.contact_id,
            })
        };
        let found = match self.found {
            Some(found) => Some(snapshot(found)?),
            None => None,
        };
        Some(domain::Reading { found, date: self.date, mirrored: self.mirrored, undelivered: self.undelivered })
    }
}
