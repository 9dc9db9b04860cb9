//! A conversation as the platform shows it: legs that come and go, and no status.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ids::ConversationId;

/// What a leg is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The person on the web page.
    Customer,
    /// A person who serves.
    Agent,
    /// A queue that looks for one.
    Acd,
    /// A flow of Architect.
    Flow,
    /// A bot.
    Bot,
    /// Whoever writes by the API.
    Api,
    /// A value this version does not know, or one that says nothing about the customer.
    Other,
}

/// What a leg is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LegState {
    /// Being offered, and not taken yet.
    Alerting,
    /// Up.
    Connected,
    /// Set aside by its agent.
    Parked,
    /// Over.
    Ended,
    /// A value this version does not know: the leg is taken for live.
    Unknown,
}

/// How a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disconnect {
    /// Handed on.
    Transfer,
    /// Handed on because the agent did not answer.
    NoAnswer,
    /// Handed on because the agent was not available.
    NotAvailable,
    /// Nobody wrote for too long.
    Inactivity,
    /// The guest's session ended.
    SessionExpired,
    /// Spam.
    Spam,
    /// By one of the two sides, by the system or for an error: all the same to the customer.
    Other,
    /// A value this version does not know.
    Unknown,
}

/// One leg.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Leg {
    /// The platform's id of the participant.
    pub id: String,
    /// What it is there for.
    pub purpose: Purpose,
    /// What it is doing.
    pub state: LegState,
    /// How it ended, where that is known.
    pub disconnect: Option<Disconnect>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The latest instant that any of its facts names: it began, rang, was taken, parked, ended, or a message came.
    pub changed: Option<Timestamp>,
    /// The user behind an agent's leg.
    pub user_id: Option<String>,
    /// The queue it belongs to.
    pub queue_id: Option<String>,
    /// The external contact behind a customer's leg.
    pub contact_id: Option<String>,
}

/// How far a transfer has come, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransferState {
    /// Asked for or under way.
    Pending,
    /// Over, however it ended; or a value this version does not know.
    Over,
}

/// One transfer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// The platform's id of it.
    pub id: String,
    /// How far it has come.
    pub state: TransferState,
    /// When it was asked for.
    pub issued: Option<Timestamp>,
    /// The user who hands over.
    pub from_user: Option<String>,
    /// The user it is for, if it is for one.
    pub to_user: Option<String>,
    /// The queue it is for, if it is for one.
    pub to_queue: Option<String>,
}

/// A conversation as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Legs {
    /// Which one.
    pub conversation: ConversationId,
    /// Its legs, in the platform's order.
    pub all: Vec<Leg>,
    /// Its latest transfers.
    pub transfers: Vec<Transfer>,
    /// The attributes of the customer's legs; of one name, the later leg's.
    pub attributes: BTreeMap<String, String>,
}

// === impl Leg ===

impl Leg {
    /// Whether it is not known to have ended. What nobody knows counts as live: nobody is sent away for a word that is new.
    pub fn is_live(&self) -> bool {
        self.state != LegState::Ended && self.ended.is_none()
    }

    /// Whether it is up for certain.
    pub fn is_connected(&self) -> bool {
        self.state == LegState::Connected && self.is_live()
    }

    /// Whether its agent has set it aside and not ended it.
    pub fn is_parked(&self) -> bool {
        self.state == LegState::Parked && self.is_live()
    }
}

// === impl Legs ===

impl Legs {
    /// Whether it is in a queue that is followed, and neither in nor on its way to one that is not: whoever follows these queues
    /// is told of what happens to it next.
    pub fn is_followed(&self, is_followed: impl Fn(&str) -> bool) -> bool {
        let here = self.all.iter().filter(|leg| leg.is_live()).filter_map(|leg| leg.queue_id.as_deref());
        let pending = self.transfers.iter().filter(|transfer| transfer.state == TransferState::Pending);
        let there = pending.filter_map(|transfer| transfer.to_queue.as_deref());
        here.clone().next().is_some() && here.chain(there).all(is_followed)
    }

    /// The latest instant that anything in it names.
    pub fn changed(&self) -> Option<Timestamp> {
        let legs = self.all.iter().filter_map(|leg| leg.changed);
        legs.chain(self.transfers.iter().filter_map(|transfer| transfer.issued)).max()
    }
}
