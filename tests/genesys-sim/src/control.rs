//! The hands of the test: everything that Genesys Cloud, its agents, its flows and its bad days can do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Author, ControlError, Conversation, FaultScript, LedgerEntry, Message, Participant, PlatformControl, Role, Route,
    Status,
    feed::Event,
    world::{Record, Shared},
};

/// Steers one simulator; cheap to clone, and safe to keep after the simulator has stopped.
#[derive(Debug, Clone)]
pub struct Control {
    pub(crate) shared: Arc<Shared>,
}

/// A conversation to create. The default is an ACTIVE one with nobody in it but the customer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewConversation {
    /// Its id; a random one if absent.
    pub conversation_id: Option<String>,
    /// The customer's participant id; a random one if absent.
    pub customer_id: Option<String>,
    /// Adds a connected agent with this user id.
    pub agent_user_id: Option<String>,
    /// The queue it was routed through.
    pub queue_id: Option<String>,
    /// Its status; ACTIVE if absent. In DISCONNECTED and TERMINATED the customer's leg is down.
    pub status: Option<Status>,
    /// Adds a connected SYSTEM participant.
    pub with_system: bool,
    /// The metadata it starts with.
    pub custom_attributes: BTreeMap<String, String>,
}

/// The ids of a created conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "they are ids, and the control API shows these names")]
pub struct Created {
    /// The conversation's id.
    pub conversation_id: String,
    /// The customer's participant id.
    pub customer_id: String,
    /// The agent's participant id, if there is an agent.
    pub agent_participant_id: Option<String>,
}

/// An event as it was published, whichever way it takes from there.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Its place in the order of publication, from 1.
    pub id: u64,
    /// Its own name, the same in every copy.
    pub name: Uuid,
    /// The topic, with its ids filled in.
    pub topic: String,
    /// What happened.
    pub body: Value,
}

// === impl Control ===

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Creates a conversation. The id must be free.
    pub fn create_conversation(&self, new: NewConversation) -> Result<Created, ControlError> {
        let mut world = self.shared.world();
        let conversation = new.build(world.clock.now());
        let created = Created {
            conversation_id: conversation.id.clone(),
            customer_id: conversation.customer_id().unwrap_or_default().to_owned(),
            agent_participant_id: conversation.agent().map(|leg| leg.id.clone()),
        };
        world.insert(conversation)?;
        Ok(created)
    }

    /// The conversation as a read would show it now.
    pub fn conversation(&self, id: &str) -> Result<Conversation, ControlError> {
        self.with(id, |record, _| Ok(record.conversation.clone()))
    }

    /// What was said in the conversation, in order.
    pub fn transcript(&self, id: &str) -> Result<Vec<Message>, ControlError> {
        self.with(id, |record, _| Ok(record.transcript.clone()))
    }

    /// Forgets the conversation: from now on it is unknown.
    pub fn forget(&self, id: &str) -> Result<(), ControlError> {
        self.shared.world().remove(id)
    }

    /// The customer's connection is lost: an ACTIVE conversation becomes DISCONNECTED, any other keeps its status.
    pub fn drop_customer(&self, id: &str) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.drop_customer(now))
    }

    /// The customer is re-attached, as Architect's Add Participant block does it: the conversation becomes ACTIVE with
    /// the named agent, else the last one, else a SYSTEM participant.
    ///
    /// In TRANSFER, QUEUE and REROUTE only the customer's leg comes back, unless an agent is named. If the customer is
    /// active already it is a conflict: of concurrent calls exactly one wins.
    pub fn attach(&self, id: &str, agent_user_id: Option<&str>) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.attach(agent_user_id, now))
    }

    /// The agent starts a transfer and leaves: TRANSFER.
    pub fn transfer(
        &self,
        id: &str,
        target_queue_id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.transfer(target_queue_id.into(), reason.into(), now))
    }

    /// An agent accepts a conversation in TRANSFER, QUEUE or REROUTE: ACTIVE, with a new AGENT participant, in the
    /// target queue.
    pub fn complete_transfer(&self, id: &str, agent_user_id: &str) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.complete_transfer(agent_user_id, now))
    }

    /// The conversation goes to wait in a queue: QUEUE.
    pub fn queue(&self, id: &str, queue_id: impl Into<String>) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.wait_in(queue_id.into(), Status::Queue, now))
    }

    /// The conversation is routed anew: REROUTE.
    pub fn reroute(&self, id: &str, queue_id: impl Into<String>) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.wait_in(queue_id.into(), Status::Reroute, now))
    }

    /// The conversation ends: TERMINATED, everyone disconnected.
    pub fn terminate(&self, id: &str) -> Result<(), ControlError> {
        self.with(id, |record, now| record.conversation.terminate(now))
    }

    /// Sets the conversation's status, be it one that nobody knows; the participants stay as they are.
    pub fn set_status(&self, id: &str, status: impl Into<Status>) -> Result<(), ControlError> {
        self.with(id, |record, now| {
            record.conversation.enter(status.into(), now);
            Ok(())
        })
    }

    /// Sets one custom attribute behind the API's back.
    pub fn set_attribute(
        &self,
        id: &str,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), ControlError> {
        self.with(id, |record, _| {
            record.conversation.custom_attributes.insert(key.into(), value.into());
            Ok(())
        })
    }

    /// The customer says something; returns the message's id.
    pub fn customer_message(&self, id: &str, text: impl Into<String>) -> Result<String, ControlError> {
        self.with(id, |record, now| {
            let customer = record.conversation.customer_id().ok_or(ControlError::NotFound)?.to_owned();
            Ok(record.append(customer, Author::Customer, text.into(), now).id)
        })
    }

    /// The agent, be it one who has left, says something; returns the message's id.
    pub fn agent_message(&self, id: &str, text: impl Into<String>) -> Result<String, ControlError> {
        self.with(id, |record, now| {
            let agent = record.conversation.agent().ok_or(ControlError::Conflict("there is no agent"))?.id.clone();
            Ok(record.append(agent, Author::Agent, text.into(), now).id)
        })
    }

    /// The hands on the platform profile's conversations.
    pub fn platform(&self) -> PlatformControl {
        PlatformControl::new(Arc::clone(&self.shared))
    }

    /// Every event published after the one of this number, of those still kept, oldest first; 0 for all.
    pub fn published_after(&self, id: u64) -> Vec<Published> {
        let world = self.shared.world();
        let later = world.feed.events().rev().take_while(|event| event.id > id);
        let mut published: Vec<_> = later.map(Published::of).collect();
        published.reverse();
        published
    }

    /// What the simulator's clock shows.
    pub fn now(&self) -> Timestamp {
        self.shared.world().clock.now()
    }

    /// Moves the simulator's clock forward.
    pub fn advance(&self, by: Duration) {
        let mut world = self.shared.world();
        world.clock.advance(by);
        let now = world.clock.now();
        world.feed.channels.sweep(now);
        world.settle_platform();
        world.sweep_guests();
    }

    /// Ends the life of every token issued so far.
    pub fn expire_tokens(&self) {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.tokens.expire_all(now);
    }

    /// Changes how many API requests a token may make in a minute.
    pub fn set_rate_limit(&self, requests_per_minute: u32) {
        self.shared.world().options.requests_per_minute = requests_per_minute;
    }

    /// Changes which permissions the OAuth client's roles lack on the platform.
    pub fn set_missing_permissions(&self, permissions: Vec<String>) {
        self.shared.world().options.missing_permissions = permissions;
    }

    /// Changes how many tokens may be issued in a minute; none lifts the limit.
    pub fn set_mint_limit(&self, mints_per_minute: Option<u32>) {
        self.shared.world().options.mints_per_minute = mints_per_minute;
    }

    /// Says whether the transcript can be read back; if not, that call answers 405.
    pub fn set_transcript_support(&self, supported: bool) {
        self.shared.world().options.transcript_supported = supported;
    }

    /// Queues a fault.
    pub fn script_fault(&self, script: FaultScript) -> Result<(), ControlError> {
        self.shared.world().faults.push(script)
    }

    /// Forgets all faults not yet used up: the outage is over.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// All calls since the start, or since the ledger was cleared, in order of arrival.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.shared.world().ledger.entries()
    }

    /// The calls of one route, in order of arrival.
    pub fn calls(&self, route: Route) -> Vec<LedgerEntry> {
        let called = |entry: &LedgerEntry| entry.route.is_some_and(|called| route.covers(called));
        self.ledger().into_iter().filter(called).collect()
    }

    /// Forgets the calls so far.
    pub fn clear_ledger(&self) {
        self.shared.world().ledger.clear();
    }

    fn with<T>(
        &self,
        id: &str,
        act: impl FnOnce(&mut Record, Timestamp) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        act(world.record(id)?, now)
    }
}

// === impl Published ===

impl Published {
    fn of(event: &Event) -> Self {
        Self { id: event.id, name: event.correlation_id, topic: event.topic.clone(), body: event.body.clone() }
    }
}

// === impl NewConversation ===

impl NewConversation {
    fn build(self, now: Timestamp) -> Conversation {
        let random = || Uuid::new_v4().to_string();
        let status = self.status.unwrap_or(Status::Active);
        let customer = match status {
            Status::Disconnected | Status::Terminated => Status::Disconnected,
            _ => Status::Active,
        };
        let customer = Participant::new(self.customer_id.unwrap_or_else(random), Role::Customer, customer, now);
        let mut conversation = Conversation {
            id: self.conversation_id.unwrap_or_else(random),
            status,
            updated_time: now,
            participants: vec![customer],
            queue_id: self.queue_id,
            target_queue_id: None,
            transfer_reason: None,
            custom_attributes: self.custom_attributes,
        };
        if self.with_system {
            conversation.join(Role::System, None, now);
        }
        if let Some(agent) = self.agent_user_id {
            conversation.join(Role::Agent, Some(&agent), now);
        }
        conversation
    }
}
