//! A conversation as the platform keeps it: legs that come and go, and nothing that says how it stands.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{clock::rfc3339_millis, platform::custom::CustomRecord};

/// One webmessaging conversation and what was said in it.
#[derive(Debug, Clone)]
pub(crate) struct PlatformConversation {
    pub(crate) id: String,
    pub(crate) deployment_id: String,
    pub(crate) external_contact_id: String,
    /// Everyone who is or was in it, in order of arrival; who returns gets a new leg.
    pub(crate) legs: Vec<Leg>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) transcript: Vec<PlatformMessage>,
    pub(crate) custom_records: BTreeMap<String, CustomRecord>,
    /// Attribute updates that are taken but not yet to be seen, in order.
    pub(crate) pending: VecDeque<PendingAttributes>,
    /// The queue's inactivity timeout.
    pub(crate) inactivity_timeout: Option<Duration>,
    /// Whether the guest's connection is lost. No leg shows it.
    pub(crate) away: bool,
    /// Whether the guest's session is over, so that no message reopens the conversation.
    pub(crate) closed: bool,
}

/// One participant with its one communication.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Leg {
    pub(crate) id: String,
    pub(crate) communication_id: String,
    pub(crate) purpose: Purpose,
    pub(crate) state: LegState,
    pub(crate) started: Timestamp,
    pub(crate) connected: Option<Timestamp>,
    pub(crate) ended: Option<(Timestamp, Disconnect)>,
    /// Since when it is parked and until when it is meant to be.
    pub(crate) parked: Option<(Timestamp, Timestamp)>,
    pub(crate) user_id: Option<String>,
    pub(crate) queue_id: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// What a participant is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The guest at the web page.
    Customer,
    /// An Architect message flow.
    Workflow,
    /// A bot.
    Botflow,
    /// A queue.
    Acd,
    /// An agent.
    Agent,
    /// Whoever writes through the API without an agent.
    Api,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LegState {
    Alerting,
    Connected,
    Parked,
    Disconnected,
}

/// Why a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disconnect {
    Client,
    Peer,
    System,
    Transfer,
    NoAnswer,
    Inactivity,
    SessionExpired,
}

#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) id: String,
    pub(crate) complete: bool,
    pub(crate) issued: Timestamp,
    pub(crate) initiator_user_id: Option<String>,
    pub(crate) queue_id: String,
}

/// One message of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformMessage {
    /// The message's id, unique among all conversations.
    pub id: String,
    /// The participant whose leg it came by.
    pub participant_id: String,
    /// What that participant is there for.
    pub purpose: Purpose,
    /// What it says.
    pub text: String,
    /// When it was taken.
    #[serde(serialize_with = "rfc3339_millis")]
    pub time: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct PendingAttributes {
    pub(crate) due: Timestamp,
    pub(crate) participant_id: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

// === impl PlatformConversation ===

impl PlatformConversation {
    pub(crate) fn leg(&self, participant_id: &str) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.id == participant_id)
    }

    pub(crate) fn leg_mut(&mut self, participant_id: &str) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == participant_id)
    }

    /// The latest live leg of this purpose.
    pub(crate) fn live(&self, purpose: Purpose) -> Option<&Leg> {
        self.legs.iter().rfind(|leg| leg.purpose == purpose && leg.is_live())
    }

    pub(crate) fn live_mut(&mut self, purpose: Purpose) -> Option<&mut Leg> {
        self.legs.iter_mut().rfind(|leg| leg.purpose == purpose && leg.is_live())
    }

    /// "If any participant is not disconnected, then this is a live conversation", as the platform's own code has it.
    pub(crate) fn is_live(&self) -> bool {
        self.legs.iter().any(Leg::is_live)
    }

    /// When the last leg ended; nothing while one is live.
    pub(crate) fn ended(&self) -> Option<Timestamp> {
        if self.is_live() {
            return None;
        }
        self.legs.iter().filter_map(|leg| leg.ended.map(|(time, _)| time)).max()
    }

    pub(crate) fn started(&self) -> Timestamp {
        self.legs.iter().map(|leg| leg.started).min().unwrap_or_default()
    }

    /// When somebody last came or said something.
    pub(crate) fn last_activity(&self) -> Timestamp {
        let said = self.transcript.last().map(|message| message.time);
        self.legs.iter().map(|leg| leg.connected.unwrap_or(leg.started)).chain(said).max().unwrap_or_default()
    }

    /// The queue it was last in.
    pub(crate) fn queue_id(&self) -> Option<&str> {
        self.legs.iter().rev().find_map(|leg| leg.queue_id.as_deref())
    }

    pub(crate) fn message(&self, id: &str) -> Option<&PlatformMessage> {
        self.transcript.iter().find(|message| message.id == id)
    }
}

// === impl Leg ===

impl Leg {
    pub(crate) fn new(purpose: Purpose, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            communication_id: Uuid::new_v4().to_string(),
            purpose,
            state: LegState::Connected,
            started: now,
            connected: Some(now),
            ended: None,
            parked: None,
            user_id: None,
            queue_id: None,
            attributes: BTreeMap::new(),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.state != LegState::Disconnected
    }

    pub(crate) fn end(&mut self, why: Disconnect, now: Timestamp) {
        if self.is_live() {
            self.state = LegState::Disconnected;
            self.parked = None;
            self.ended = Some((now, why));
        }
    }

    /// An agent who has had it owes a wrap-up.
    pub(crate) fn needs_wrapup(&self) -> bool {
        self.purpose == Purpose::Agent && self.connected.is_some()
    }

    /// Queues and agents are known here by their ids alone, so those serve as names too.
    pub(crate) fn name(&self) -> &str {
        match self.purpose {
            Purpose::Customer => "Guest",
            Purpose::Workflow => "Inbound Message Flow",
            Purpose::Botflow => "Bot Flow",
            Purpose::Acd => self.queue_id.as_deref().unwrap_or_default(),
            Purpose::Agent => self.user_id.as_deref().unwrap_or_default(),
            Purpose::Api => "API",
        }
    }
}

// === impl Purpose ===

impl Purpose {
    /// Whether its messages go to the guest.
    pub(crate) fn is_outbound(self) -> bool {
        self != Self::Customer
    }
}

// === impl Disconnect ===

impl Disconnect {
    /// The spelling of the read models and of `*.conversations.messages`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
            Self::System => "system",
            Self::Transfer => "transfer",
            Self::NoAnswer => "transfer.noanswer",
            Self::Inactivity => "inactivity",
            Self::SessionExpired => "session.expired",
        }
    }

    /// The spelling of `v2.detail.events.*`, which is another vocabulary and not just another case.
    pub(crate) fn in_detail_events(self) -> &'static str {
        match self {
            Self::Client => "CLIENT",
            Self::Peer => "PEER",
            Self::System => "SYSTEM",
            Self::Transfer => "TRANSFER",
            Self::NoAnswer => "NO_ANSWER_TRANSFER",
            Self::Inactivity => "INACTIVITY",
            Self::SessionExpired => "SESSION_EXPIRED",
        }
    }
}
