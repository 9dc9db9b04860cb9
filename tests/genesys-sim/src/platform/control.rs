//! The other side of the platform profile: its guests, agents, queues and flows in the hands of the test.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    ControlError,
    platform::{
        model::{Leg, PlatformConversation, PlatformMessage, Purpose},
        view,
    },
    world::Shared,
};

/// Steers the platform's conversations; cheap to clone.
#[derive(Debug, Clone)]
pub struct PlatformControl {
    shared: Arc<Shared>,
}

/// A platform conversation to create. The default is a guest with whom the message flow is talking.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewPlatformConversation {
    /// Its id; a random one if absent.
    pub conversation_id: Option<String>,
    /// The customer's participant id; a random one if absent.
    pub customer_id: Option<String>,
    /// The guest's external contact; a random one if absent.
    pub external_contact_id: Option<String>,
    /// The messenger deployment; that of the options if absent.
    pub deployment_id: Option<String>,
    /// The queue that the flow has sent it to.
    pub queue_id: Option<String>,
    /// The agent of that queue who has answered.
    pub agent_user_id: Option<String>,
    /// The attributes of the customer's participant.
    pub attributes: BTreeMap<String, String>,
    /// The queue's inactivity timeout in seconds; none if absent.
    pub inactivity_timeout_s: Option<u64>,
}

/// The ids of a created platform conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "they are ids, and the control API shows these names")]
pub struct CreatedPlatform {
    /// The conversation's id.
    pub conversation_id: String,
    /// The customer's participant id.
    pub customer_id: String,
    /// The guest's external contact.
    pub external_contact_id: String,
    /// The messenger deployment.
    pub deployment_id: String,
    /// The agent's participant id, if there is an agent.
    pub agent_participant_id: Option<String>,
}

/// Where a guest's message went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The message's id.
    pub message_id: String,
    /// Its conversation: a new one if the old could not be continued.
    pub conversation_id: String,
}

// === impl PlatformControl ===

impl PlatformControl {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Creates a conversation. The id must be free, and an agent needs a queue.
    pub fn create(&self, new: NewPlatformConversation) -> Result<CreatedPlatform, ControlError> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        let conversation = new.build(&world.options.deployment_id, now)?;
        let participant = |purpose| conversation.live(purpose).map(|leg| leg.id.clone());
        let created = CreatedPlatform {
            conversation_id: conversation.id.clone(),
            customer_id: participant(Purpose::Customer).unwrap_or_default(),
            external_contact_id: conversation.external_contact_id.clone(),
            deployment_id: conversation.deployment_id.clone(),
            agent_participant_id: participant(Purpose::Agent),
        };
        world.insert_platform(conversation)?;
        Ok(created)
    }

    /// Serves `body` as it is on both reads of this conversation. Attribute updates are taken and never seen.
    pub fn put(&self, id: impl Into<String>, body: Value) {
        self.shared.world().put_raw(id.into(), body);
    }

    /// Forgets the conversation and what was put for it.
    pub fn forget(&self, id: &str) -> Result<(), ControlError> {
        self.shared.world().remove_platform(id)
    }

    /// The conversation as `GET /conversations/messages/{id}` would show it now.
    pub fn conversation(&self, id: &str) -> Result<Value, ControlError> {
        let mut world = self.shared.world();
        if let Some(raw) = world.platform.raw(id) {
            return Ok(raw.clone());
        }
        world.platform_conversation(id).map(view::message_conversation)
    }

    /// What was said in the conversation, in order.
    pub fn transcript(&self, id: &str) -> Result<Vec<PlatformMessage>, ControlError> {
        let mut world = self.shared.world();
        world.platform_conversation(id).map(|conversation| conversation.transcript.clone())
    }

    /// The flow sends the conversation to a queue.
    pub fn queue(&self, id: &str, queue_id: &str) -> Result<(), ControlError> {
        self.change(id, |conversation, now| conversation.route_to(queue_id, now))
    }

    /// A bot joins.
    pub fn join_bot(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, PlatformConversation::join_bot)
    }

    /// The queue offers the conversation to an agent.
    pub fn offer(&self, id: &str, agent_user_id: &str) -> Result<(), ControlError> {
        self.change(id, |conversation, now| conversation.offer(agent_user_id, now))
    }

    /// The agent whom it was offered to does not answer; it stays in the queue.
    pub fn no_answer(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, PlatformConversation::pass)
    }

    /// An agent answers, be it one whom it was not offered to.
    pub fn answer(&self, id: &str, agent_user_id: &str) -> Result<(), ControlError> {
        self.change(id, |conversation, now| conversation.answer(agent_user_id, now))
    }

    /// The agent transfers the conversation to another queue and leaves.
    pub fn transfer(&self, id: &str, queue_id: &str) -> Result<(), ControlError> {
        self.change(id, |conversation, now| conversation.transfer(queue_id, now))
    }

    /// An agent of the target queue answers, which completes the transfer.
    pub fn complete_transfer(&self, id: &str, agent_user_id: &str) -> Result<(), ControlError> {
        self.change(id, |conversation, now| conversation.complete_transfer(agent_user_id, now))
    }

    /// The agent parks the conversation for a while.
    pub fn park(&self, id: &str, resume_after: Duration) -> Result<(), ControlError> {
        self.change(id, |conversation, now| conversation.park(resume_after, now))
    }

    /// The agent takes the parked conversation up again.
    pub fn unpark(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, |conversation, _| conversation.unpark())
    }

    /// The inactivity timeout takes it from its agent and has Architect route it anew.
    pub fn inactivity(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, PlatformConversation::fall_inactive)
    }

    /// The agent ends the conversation.
    pub fn agent_ends(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, PlatformConversation::end_by_agent)
    }

    /// The guest's session expires: the conversation is over for good.
    pub fn expire_session(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, PlatformConversation::expire_session)
    }

    /// The guest clears the conversation: it is over for good.
    pub fn clear(&self, id: &str) -> Result<(), ControlError> {
        self.change(id, PlatformConversation::clear)
    }

    /// The guest's network drops, or is back. No leg changes; what is written meanwhile is undelivered.
    pub fn set_away(&self, id: &str, away: bool) -> Result<(), ControlError> {
        self.change(id, |conversation, _| {
            conversation.away = away;
            Ok(())
        })
    }

    /// The guest says something, which reopens an ended conversation within the threading timeline and starts a new
    /// one after it.
    pub fn customer_message(&self, id: &str, text: impl Into<String>) -> Result<Said, ControlError> {
        let mut world = self.shared.world();
        let timeline = world.options.threading_timeline;
        let now = world.clock.now();
        let old = world.platform_conversation(id)?;
        if old.takes_messages(timeline, now) {
            let message_id =
                world.change_platform(id, |conversation, now| conversation.say_as_customer(text.into(), now))?;
            return Ok(Said { message_id, conversation_id: id.to_owned() });
        }
        let new = NewPlatformConversation {
            external_contact_id: Some(old.external_contact_id.clone()),
            queue_id: old.queue_id().map(str::to_owned),
            ..NewPlatformConversation::default()
        };
        let mut conversation = new.build(&old.deployment_id.clone(), now)?;
        let conversation_id = conversation.id.clone();
        let message_id = conversation.say_as_customer(text.into(), now)?;
        world.insert_platform(conversation)?;
        Ok(Said { message_id, conversation_id })
    }

    /// The connected agent says something; returns the message's id.
    pub fn agent_message(&self, id: &str, text: impl Into<String>) -> Result<String, ControlError> {
        self.change(id, |conversation, now| conversation.say(Purpose::Agent, text.into(), now))
    }

    /// The bot, or else the flow, says something; returns the message's id.
    pub fn bot_message(&self, id: &str, text: impl Into<String>) -> Result<String, ControlError> {
        self.change(id, |conversation, now| {
            let author =
                if conversation.live(Purpose::Botflow).is_some() { Purpose::Botflow } else { Purpose::Workflow };
            conversation.say(author, text.into(), now)
        })
    }

    /// The bodies published under a topic, oldest first.
    pub fn published(&self, topic: &str) -> Vec<Value> {
        let world = self.shared.world();
        world.feed.events().filter(|event| event.topic == topic).map(|event| event.body.clone()).collect()
    }

    fn change<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut PlatformConversation, Timestamp) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        self.shared.world().change_platform(id, change)
    }
}

// === impl NewPlatformConversation ===

impl NewPlatformConversation {
    pub(crate) fn build(self, deployment_id: &str, now: Timestamp) -> Result<PlatformConversation, ControlError> {
        let random = || Uuid::new_v4().to_string();
        let mut conversation = PlatformConversation {
            id: self.conversation_id.unwrap_or_else(random),
            deployment_id: self.deployment_id.unwrap_or_else(|| deployment_id.to_owned()),
            external_contact_id: self.external_contact_id.unwrap_or_else(random),
            legs: Vec::new(),
            transfers: Vec::new(),
            transcript: Vec::new(),
            custom_records: BTreeMap::new(),
            pending: VecDeque::new(),
            inactivity_timeout: self.inactivity_timeout_s.map(Duration::from_secs),
            away: false,
            closed: false,
        };
        let customer = Leg::new(Purpose::Customer, now);
        let id = self.customer_id.unwrap_or_else(|| customer.id.clone());
        let customer = Leg { id, attributes: self.attributes, ..customer };
        conversation.open(customer, self.queue_id.as_deref(), now);
        if let Some(agent) = self.agent_user_id {
            conversation.answer(&agent, now)?;
        }
        Ok(conversation)
    }
}
