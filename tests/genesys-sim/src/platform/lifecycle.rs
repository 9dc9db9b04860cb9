//! How legs come and go: every move that the platform, its agents, its flows and its guests can make.
//!
//! A move that does not fit the conversation's state is a conflict and changes nothing.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    ControlError,
    clock::{later, since},
    platform::model::{Disconnect, Leg, LegState, PlatformConversation, PlatformMessage, Purpose, Transfer},
};

const NOT_LIVE: ControlError = ControlError::Conflict("nobody is connected");
const NO_AGENT: ControlError = ControlError::Conflict("no agent is connected");

// === impl PlatformConversation ===

impl PlatformConversation {
    /// The guest arrives and a flow takes the message; with a queue, the flow is through already.
    pub(crate) fn open(&mut self, customer: Leg, queue: Option<&str>, now: Timestamp) {
        self.legs.push(customer);
        self.legs.push(Leg::new(Purpose::Workflow, now));
        if let Some(queue) = queue {
            self.enqueue(queue, now);
        }
    }

    /// The flow sends the conversation to a queue.
    pub(crate) fn route_to(&mut self, queue: &str, now: Timestamp) -> Result<(), ControlError> {
        if self.live(Purpose::Workflow).or(self.live(Purpose::Botflow)).is_none() {
            return Err(ControlError::Conflict("no flow is running"));
        }
        self.enqueue(queue, now);
        Ok(())
    }

    /// A bot takes over the talking.
    pub(crate) fn join_bot(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_live()?;
        self.legs.push(Leg::new(Purpose::Botflow, now));
        Ok(())
    }

    /// The queue offers the conversation to an agent, whose client rings.
    pub(crate) fn offer(&mut self, user: &str, now: Timestamp) -> Result<(), ControlError> {
        if self.live(Purpose::Agent).is_some() {
            return Err(ControlError::Conflict("there is an agent already"));
        }
        let leg = self.agent_leg(user, now)?;
        self.legs.push(Leg { state: LegState::Alerting, connected: None, ..leg });
        Ok(())
    }

    /// The agent does not take it: it stays with the queue.
    pub(crate) fn pass(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.agent_in(LegState::Alerting)?.end(Disconnect::NoAnswer, now);
        Ok(())
    }

    /// An agent takes it, be it the one whom it rings at or another.
    pub(crate) fn answer(&mut self, user: &str, now: Timestamp) -> Result<(), ControlError> {
        match self.live_mut(Purpose::Agent) {
            Some(leg) if leg.state != LegState::Alerting => {
                return Err(ControlError::Conflict("there is an agent already"));
            }
            Some(leg) if leg.user_id.as_deref() == Some(user) => {
                leg.state = LegState::Connected;
                leg.connected = Some(now);
            }
            _ => {
                let leg = self.agent_leg(user, now)?;
                self.end_legs(&[Purpose::Agent], Disconnect::NoAnswer, now);
                self.legs.push(leg);
            }
        }
        self.end_legs(&[Purpose::Acd], Disconnect::Transfer, now);
        for transfer in &mut self.transfers {
            transfer.complete = true;
        }
        Ok(())
    }

    /// The agent hands it to another queue and leaves.
    pub(crate) fn transfer(&mut self, queue: &str, now: Timestamp) -> Result<(), ControlError> {
        let agent = self.agent_in(LegState::Connected)?;
        agent.end(Disconnect::Transfer, now);
        let initiator_user_id = agent.user_id.clone();
        self.transfers.push(Transfer {
            id: Uuid::new_v4().to_string(),
            complete: false,
            issued: now,
            initiator_user_id,
            queue_id: queue.to_owned(),
        });
        self.enqueue(queue, now);
        Ok(())
    }

    /// An agent of the target queue takes it.
    pub(crate) fn complete_transfer(&mut self, user: &str, now: Timestamp) -> Result<(), ControlError> {
        if self.transfers.iter().all(|transfer| transfer.complete) {
            return Err(ControlError::Conflict("no transfer is under way"));
        }
        self.answer(user, now)
    }

    /// The agent sets it aside to come back to it.
    pub(crate) fn park(&mut self, resume_after: Duration, now: Timestamp) -> Result<(), ControlError> {
        let agent = self.agent_in(LegState::Connected)?;
        agent.state = LegState::Parked;
        agent.parked = Some((now, later(now, resume_after)));
        Ok(())
    }

    pub(crate) fn unpark(&mut self) -> Result<(), ControlError> {
        let agent = self.agent_in(LegState::Parked)?;
        agent.state = LegState::Connected;
        agent.parked = None;
        Ok(())
    }

    /// The queue's inactivity timeout sends it to Architect, which routes it anew.
    pub(crate) fn fall_inactive(&mut self, now: Timestamp) -> Result<(), ControlError> {
        let agent = self.agent_in(LegState::Connected)?;
        agent.end(Disconnect::Inactivity, now);
        let queue = agent.queue_id.clone().unwrap_or_default();
        self.legs.push(Leg::new(Purpose::Workflow, now));
        self.enqueue(&queue, now);
        Ok(())
    }

    /// The agent ends it. A message within the threading timeline reopens it.
    pub(crate) fn end_by_agent(&mut self, now: Timestamp) -> Result<(), ControlError> {
        if self.live(Purpose::Agent).is_none() {
            return Err(NO_AGENT);
        }
        self.end_legs(&[Purpose::Agent], Disconnect::Client, now);
        self.end_all(Disconnect::Peer, now);
        Ok(())
    }

    /// The guest's session runs out, for good.
    pub(crate) fn expire_session(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.end_by_customer(Disconnect::SessionExpired, now)
    }

    /// The guest clears the conversation, for good.
    pub(crate) fn clear(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.end_by_customer(Disconnect::Client, now)
    }

    /// The API tears it down.
    pub(crate) fn tear_down(&mut self, now: Timestamp) {
        self.end_all(Disconnect::System, now);
    }

    /// Whether a message that comes now continues this conversation instead of starting another.
    pub(crate) fn takes_messages(&self, threading_timeline: Duration, now: Timestamp) -> bool {
        !self.closed && self.ended().is_none_or(|ended| since(ended, now) <= threading_timeline)
    }

    /// The guest says something: everyone being gone, it opens new legs in the same conversation.
    pub(crate) fn say_as_customer(&mut self, text: String, now: Timestamp) -> Result<String, ControlError> {
        if !self.is_live() {
            let last = self.legs.iter().rfind(|leg| leg.purpose == Purpose::Customer);
            let attributes = last.map(|leg| leg.attributes.clone()).unwrap_or_default();
            let queue = self.queue_id().map(str::to_owned);
            self.open(Leg { attributes, ..Leg::new(Purpose::Customer, now) }, queue.as_deref(), now);
        }
        self.away = false;
        self.say(Purpose::Customer, text, now)
    }

    /// Somebody who is connected says something; returns the message's id.
    pub(crate) fn say(&mut self, purpose: Purpose, text: String, now: Timestamp) -> Result<String, ControlError> {
        let leg = self.legs.iter().rfind(|leg| leg.purpose == purpose && leg.state == LegState::Connected);
        let participant_id = leg.ok_or(ControlError::Conflict("the author is not connected"))?.id.clone();
        Ok(self.append(participant_id, purpose, text, now))
    }

    /// The API says something: its leg is gone again at once.
    pub(crate) fn say_as_api(&mut self, text: String, now: Timestamp) -> String {
        let mut leg = Leg::new(Purpose::Api, now);
        let participant_id = leg.id.clone();
        leg.end(Disconnect::System, now);
        self.legs.push(leg);
        self.append(participant_id, Purpose::Api, text, now)
    }

    fn append(&mut self, participant_id: String, purpose: Purpose, text: String, now: Timestamp) -> String {
        let id = Uuid::new_v4().simple().to_string();
        self.transcript.push(PlatformMessage { id: id.clone(), participant_id, purpose, text, time: now });
        id
    }

    fn end_by_customer(&mut self, why: Disconnect, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_live()?;
        self.end_legs(&[Purpose::Customer], why, now);
        self.end_all(Disconnect::Peer, now);
        self.closed = true;
        Ok(())
    }

    fn ensure_live(&self) -> Result<(), ControlError> {
        if self.is_live() { Ok(()) } else { Err(NOT_LIVE) }
    }

    /// Whoever had it hands it over to the queue.
    fn enqueue(&mut self, queue: &str, now: Timestamp) {
        self.end_legs(&[Purpose::Workflow, Purpose::Botflow, Purpose::Acd], Disconnect::Transfer, now);
        self.legs.push(Leg { queue_id: Some(queue.to_owned()), ..Leg::new(Purpose::Acd, now) });
    }

    fn agent_leg(&self, user: &str, now: Timestamp) -> Result<Leg, ControlError> {
        let acd = self.live(Purpose::Acd).ok_or(ControlError::Conflict("it is in no queue"))?;
        let leg = Leg::new(Purpose::Agent, now);
        Ok(Leg { user_id: Some(user.to_owned()), queue_id: acd.queue_id.clone(), ..leg })
    }

    fn agent_in(&mut self, state: LegState) -> Result<&mut Leg, ControlError> {
        self.live_mut(Purpose::Agent).filter(|leg| leg.state == state).ok_or(NO_AGENT)
    }

    fn end_legs(&mut self, purposes: &[Purpose], why: Disconnect, now: Timestamp) {
        for leg in self.legs.iter_mut().filter(|leg| purposes.contains(&leg.purpose)) {
            leg.end(why, now);
        }
    }

    fn end_all(&mut self, why: Disconnect, now: Timestamp) {
        for leg in &mut self.legs {
            leg.end(why, now);
        }
    }
}
