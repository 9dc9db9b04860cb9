//! How a conversation moves: every transition that Genesys Cloud, its agents or its flows can make.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{ControlError, Conversation, Participant, Role, Status};

// === impl Conversation ===

impl Conversation {
    /// The customer's connection is lost. A conversation that waits for an agent goes on waiting.
    pub(crate) fn drop_customer(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_open()?;
        self.change_legs(Role::Customer, &Status::Disconnected, now);
        if self.status == Status::Active {
            self.enter(Status::Disconnected, now);
        }
        Ok(())
    }

    /// The customer is back, as Architect's Add Participant block does it, together with `agent` if one is named.
    ///
    /// Without a named agent the last one is taken, or a SYSTEM participant if there was none. A conversation that
    /// waits for an agent then goes on waiting, so that attaching does not undo a transfer; naming an agent does.
    pub(crate) fn attach(&mut self, agent: Option<&str>, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_open()?;
        if self.has_active(Role::Customer) {
            return Err(ControlError::Conflict("the customer is already active"));
        }
        self.change_legs(Role::Customer, &Status::Active, now);
        match agent {
            Some(agent) => self.reconnect_agent(agent, now),
            None if self.status.is_waiting() => return Ok(()),
            None => self.reconnect_host(now),
        }
        self.enter(Status::Active, now);
        Ok(())
    }

    /// The agent hands the conversation to another queue and leaves.
    pub(crate) fn transfer(&mut self, queue: String, reason: String, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_open()?;
        self.change_legs(Role::Agent, &Status::Disconnected, now);
        self.enter(Status::Transfer, now);
        self.target_queue_id = Some(queue);
        self.transfer_reason = Some(reason);
        Ok(())
    }

    /// An agent of the queue accepts the waiting conversation.
    pub(crate) fn complete_transfer(&mut self, agent: &str, now: Timestamp) -> Result<(), ControlError> {
        if !self.status.is_waiting() {
            return Err(ControlError::Conflict("the conversation does not wait for an agent"));
        }
        self.queue_id = self.target_queue_id.take().or(self.queue_id.take());
        self.change_legs(Role::Agent, &Status::Disconnected, now);
        self.join(Role::Agent, Some(agent), now);
        self.enter(Status::Active, now);
        Ok(())
    }

    /// The conversation goes to wait in a queue: `status` is QUEUE or REROUTE.
    pub(crate) fn wait_in(&mut self, queue: String, status: Status, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_open()?;
        self.change_legs(Role::Agent, &Status::Disconnected, now);
        self.queue_id = Some(queue);
        self.enter(status, now);
        Ok(())
    }

    /// The conversation ends for good.
    pub(crate) fn terminate(&mut self, now: Timestamp) -> Result<(), ControlError> {
        self.ensure_open()?;
        for leg in &mut self.participants {
            leg.change(Status::Disconnected, now);
        }
        self.enter(Status::Terminated, now);
        Ok(())
    }

    /// Changes the status alone. Only a TRANSFER has a target and a reason.
    pub(crate) fn enter(&mut self, status: Status, now: Timestamp) {
        if status != Status::Transfer {
            self.target_queue_id = None;
            self.transfer_reason = None;
        }
        self.status = status;
        self.updated_time = now;
    }

    /// The agent who writes or is written to: the connected one, else the latest.
    pub(crate) fn agent(&self) -> Option<&Participant> {
        let mut agents = self.participants.iter().rev().filter(|leg| leg.role == Role::Agent);
        agents.clone().find(|leg| leg.status == Status::Active).or_else(|| agents.next())
    }

    pub(crate) fn join(&mut self, role: Role, user: Option<&str>, now: Timestamp) {
        let mut leg = Participant::new(Uuid::new_v4().to_string(), role, Status::Active, now);
        leg.user_id = user.map(str::to_owned);
        self.participants.push(leg);
    }

    fn ensure_open(&self) -> Result<(), ControlError> {
        if self.status == Status::Terminated {
            return Err(ControlError::Conflict("the conversation is terminated"));
        }
        Ok(())
    }

    fn change_legs(&mut self, role: Role, status: &Status, now: Timestamp) {
        for leg in self.participants.iter_mut().filter(|leg| leg.role == role) {
            leg.change(status.clone(), now);
        }
    }

    /// Connects this agent and no other, on the leg the agent had before if there is one.
    fn reconnect_agent(&mut self, user: &str, now: Timestamp) {
        let is_the_agent = |leg: &Participant| leg.role == Role::Agent && leg.user_id.as_deref() == Some(user);
        for leg in self.participants.iter_mut().filter(|leg| leg.role == Role::Agent && !is_the_agent(leg)) {
            leg.change(Status::Disconnected, now);
        }
        match self.participants.iter_mut().rfind(|leg| is_the_agent(leg)) {
            Some(leg) => leg.change(Status::Active, now),
            None => self.join(Role::Agent, Some(user), now),
        }
    }

    /// Connects whoever served the customer last, so that nobody is left talking to an empty room.
    fn reconnect_host(&mut self, now: Timestamp) {
        if self.has_active(Role::Agent) || self.has_active(Role::System) {
            return;
        }
        for role in [Role::Agent, Role::System] {
            if let Some(leg) = self.participants.iter_mut().rfind(|leg| leg.role == role) {
                return leg.change(Status::Active, now);
            }
        }
        self.join(Role::System, None, now);
    }
}
