//! One conversation as read from Genesys, in domain words.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ids::{ConversationId, ParticipantId};

/// What a conversation is doing. An open set: Genesys may add values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The customer talks to an agent.
    Active,
    /// The customer is gone and may come back.
    Disconnected,
    /// Being handed from one agent or queue to another.
    Transfer,
    /// Waiting for an agent.
    Queue,
    /// Waiting again, because the agent did not answer.
    Reroute,
    /// Set aside by an agent who will come back to it.
    Parked,
    /// Over.
    Terminated,
    /// A value this version does not know.
    Unknown,
}

/// The part a participant plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The person on the web page.
    Customer,
    /// A person who serves.
    Agent,
    /// A bot or a flow.
    System,
    /// A value this version does not know.
    Other,
}

/// One leg of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Participant {
    /// Upstream's id of the leg.
    pub id: String,
    /// The part it plays.
    pub role: Role,
    /// Whether its status is ACTIVE.
    pub active: bool,
    /// When the leg last changed.
    pub updated: Option<Timestamp>,
    /// The user behind an agent's leg.
    pub user_id: Option<String>,
    /// The agent id behind an agent's leg, where no user is named.
    pub agent_id: Option<String>,
    /// The queue the leg belongs to.
    pub queue_id: Option<String>,
}

impl Participant {
    /// The name a flow can reach this agent by: `userId`, else `agentId`, else the leg's own id.
    fn agent_name(&self) -> &str {
        self.user_id.as_deref().or(self.agent_id.as_deref()).unwrap_or(&self.id)
    }
}

/// One conversation at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// The conversation.
    pub conversation: ConversationId,
    /// What it is doing.
    pub status: Status,
    /// Upstream's spelling of the status, also of unknown ones.
    pub status_text: String,
    /// When it last changed; absent when upstream gave no usable time.
    pub updated: Option<Timestamp>,
    /// Its legs, in upstream's order.
    pub participants: Vec<Participant>,
    /// The queue it came through or waits in.
    pub queue_id: Option<String>,
    /// Where a transfer goes.
    pub target_queue_id: Option<String>,
    /// Why it is being transferred.
    pub transfer_reason: Option<String>,
    /// The metadata written beside it.
    pub attributes: BTreeMap<String, String>,
    /// The external contact behind the customer, where the contract has such.
    pub contact_id: Option<String>,
}

/// What one read of a conversation found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The conversation, or nothing of that name.
    pub found: Option<Snapshot>,
    /// When that was true, by upstream's own clock (the answer's `Date`), or by the store's if it is known from events; absent when
    /// upstream told no time.
    pub date: Option<Timestamp>,
    /// When the last event was that told of it, by upstream's clock, if it is known from events and was not read.
    pub mirrored: Option<Timestamp>,
    /// The ids of messages that the customer has not seen, as far as events tell, oldest first.
    pub undelivered: Vec<String>,
}

// === impl Reading ===

impl Reading {
    /// What a read from Genesys found, and the time there.
    pub fn live(found: Option<Snapshot>, date: Option<Timestamp>) -> Self {
        Self { found, date, mirrored: None, undelivered: Vec::new() }
    }
}

impl Snapshot {
    /// The customer of this name, if the conversation has one. Another role's leg is nobody's session.
    pub fn customer(&self, id: &ParticipantId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.role == Role::Customer && p.id == id.as_str())
    }

    /// The agent to go back to: the ACTIVE one, else the one that changed last.
    pub fn agent(&self) -> Option<&Participant> {
        let agents = || self.participants.iter().filter(|p| p.role == Role::Agent);
        // `max_by_key` keeps the last of equals: Genesys appends a leg for each reconnection.
        agents().filter(|p| p.active).max_by_key(|p| p.updated).or_else(|| agents().max_by_key(|p| p.updated))
    }

    /// The id a flow can reach that agent by.
    pub fn agent_id(&self) -> Option<&str> {
        self.agent().map(Participant::agent_name)
    }

    /// The id of the agent who is there now, if one is.
    pub fn active_agent_id(&self) -> Option<&str> {
        self.agent().filter(|agent| agent.active).map(Participant::agent_name)
    }

    /// The conversation's queue, else that of its agent.
    pub fn queue_id(&self) -> Option<&str> {
        self.queue_id.as_deref().or_else(|| self.agent().and_then(|agent| agent.queue_id.as_deref()))
    }

    /// Whether the customer is back: conversation and customer ACTIVE, with an ACTIVE agent or system at the other end.
    pub fn is_attached(&self, id: &ParticipantId) -> bool {
        self.status == Status::Active
            && self.customer(id).is_some_and(|customer| customer.active)
            && self.participants.iter().any(|p| p.active && matches!(p.role, Role::Agent | Role::System))
    }

    /// Whether Genesys takes messages now (the guide: only in ACTIVE and DISCONNECTED).
    pub fn takes_messages(&self) -> bool {
        matches!(self.status, Status::Active | Status::Disconnected)
    }
}
