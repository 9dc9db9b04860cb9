//! The conversations of a contact centre, each at its own pace: who is offered one, takes it, hands it on, leaves it.

use std::time::Duration;

use genesys_sim::{NewPlatformConversation, PlatformControl};
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};

use crate::chance::Chance;

const QUEUES: usize = 40;
const AGENTS: usize = 1_000;
/// Between two messages of a conversation, of both sides together.
const SAYS_ONCE_IN: Duration = Duration::from_secs(30);

/// One conversation.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) pair: Pair,
    /// Which of all it is.
    pub(crate) number: usize,
    phase: Phase,
    /// Whoever has it, or is offered it.
    agent: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A flow talks to the customer.
    Greeted,
    /// In a queue.
    Waiting,
    /// An agent is rung.
    Offered,
    /// With an agent.
    Served,
    Parked,
    /// Over, but a message would open it again.
    Left,
    /// Over, and nothing follows.
    Gone,
}

/// All that are under way. Where one is over for good, another begins.
pub(crate) struct Lives {
    control: PlatformControl,
    chance: Chance,
    pub(crate) queues: Vec<String>,
    pub(crate) all: Vec<Life>,
    /// Those that are over.
    pub(crate) past: Vec<Pair>,
    begun: usize,
    pub(crate) changes: usize,
    pub(crate) messages: usize,
}

// === impl Lives ===

impl Lives {
    pub(crate) fn new(control: PlatformControl, chance: Chance) -> Self {
        let queues = (0..QUEUES).map(|n| format!("queue-{n}")).collect();
        let (all, past) = (Vec::new(), Vec::new());
        Self { control, chance, queues, all, past, begun: 0, changes: 0, messages: 0 }
    }

    /// Begins this many, most of them with an agent already.
    pub(crate) fn populate(&mut self, count: usize) {
        for _ in 0..count {
            let phase = match self.chance.unit() {
                drawn if drawn < 0.8 => Phase::Served,
                drawn if drawn < 0.95 => Phase::Waiting,
                _ => Phase::Greeted,
            };
            let life = self.begin(phase);
            self.all.push(life);
        }
    }

    fn begin(&mut self, phase: Phase) -> Life {
        let number = self.begun;
        self.begun += 1;
        let agent = self.any_agent();
        let queue = self.any_queue();
        let new = NewPlatformConversation {
            conversation_id: Some(format!("chat-{number}")),
            customer_id: Some(format!("customer-{number}")),
            queue_id: (phase != Phase::Greeted).then_some(queue),
            agent_user_id: (phase == Phase::Served).then(|| agent.clone()),
            ..NewPlatformConversation::default()
        };
        let created = self.control.create(new).unwrap();
        let pair = Pair {
            conversation: ConversationId::parse(&created.conversation_id).unwrap(),
            participant: ParticipantId::parse(&created.customer_id).unwrap(),
        };
        Life { pair, number, phase, agent }
    }

    fn any_agent(&mut self) -> String {
        format!("agent-{}", self.chance.below(AGENTS))
    }

    fn any_queue(&mut self) -> String {
        self.chance.pick(&self.queues).clone()
    }

    /// How long it stays as it is.
    pub(crate) fn stays(&mut self, slot: usize) -> Duration {
        self.chance.once_in(match self.all[slot].phase {
            Phase::Greeted => Duration::from_secs(30),
            Phase::Waiting => Duration::from_mins(1),
            Phase::Offered => Duration::from_secs(10),
            Phase::Served => Duration::from_mins(12),
            Phase::Parked => Duration::from_mins(5),
            Phase::Left => Duration::from_mins(4),
            Phase::Gone => Duration::ZERO,
        })
    }

    /// How long until somebody says something.
    pub(crate) fn is_silent(&mut self) -> Duration {
        self.chance.once_in(SAYS_ONCE_IN)
    }

    /// The next turn of one. Whether another took its place.
    pub(crate) fn change(&mut self, slot: usize) -> bool {
        self.changes += 1;
        let next = self.next(slot);
        self.all[slot].phase = next;
        if next != Phase::Gone {
            return false;
        }
        let next = self.begin(Phase::Greeted);
        self.past.push(std::mem::replace(&mut self.all[slot], next).pair);
        true
    }

    fn next(&mut self, slot: usize) -> Phase {
        let Life { pair, phase, agent, .. } = self.all[slot].clone();
        let (id, control, drawn) = (pair.conversation.as_str(), self.control.clone(), self.chance.unit());
        match phase {
            Phase::Greeted if drawn < 0.9 => {
                control.queue(id, &self.any_queue()).unwrap();
                Phase::Waiting
            }
            Phase::Waiting if drawn < 0.96 => {
                let agent = self.any_agent();
                self.all[slot].agent.clone_from(&agent);
                control.offer(id, &agent).unwrap();
                Phase::Offered
            }
            Phase::Offered if drawn < 0.15 => {
                control.no_answer(id).unwrap();
                Phase::Waiting
            }
            Phase::Offered => {
                // Now and then a colleague is quicker.
                let agent = if drawn < 0.2 { self.any_agent() } else { agent };
                control.answer(id, &agent).unwrap();
                Phase::Served
            }
            Phase::Served if drawn < 0.3 => {
                control.transfer(id, &self.any_queue()).unwrap();
                Phase::Waiting
            }
            Phase::Served if drawn < 0.4 => {
                control.inactivity(id).unwrap();
                Phase::Waiting
            }
            Phase::Served if drawn < 0.6 => {
                control.park(id, Duration::from_mins(5)).unwrap();
                Phase::Parked
            }
            Phase::Parked if drawn < 0.85 => {
                control.unpark(id).unwrap();
                Phase::Served
            }
            Phase::Served | Phase::Parked if drawn < 0.92 => {
                control.agent_ends(id).unwrap();
                Phase::Left
            }
            Phase::Left if drawn < 0.6 => {
                let said = control.customer_message(id, "one more thing").unwrap();
                // Too late, it begins another, which is not followed.
                if said.conversation_id == id { Phase::Waiting } else { Phase::Gone }
            }
            Phase::Left => Phase::Gone,
            Phase::Greeted | Phase::Waiting | Phase::Served | Phase::Parked | Phase::Gone => {
                if self.chance.is(0.5) {
                    control.expire_session(id).unwrap();
                } else {
                    control.clear(id).unwrap();
                }
                Phase::Gone
            }
        }
    }

    /// Somebody says something, if somebody is there to.
    pub(crate) fn say(&mut self, slot: usize) {
        let Life { pair, phase, .. } = &self.all[slot];
        let id = pair.conversation.as_str();
        let answers = self.chance.is(0.5);
        match phase {
            Phase::Left | Phase::Gone => return,
            Phase::Greeted if answers => drop(self.control.bot_message(id, "welcome").unwrap()),
            Phase::Served if answers => drop(self.control.agent_message(id, "let me see").unwrap()),
            _ => drop(self.control.customer_message(id, "hello?").unwrap()),
        }
        self.messages += 1;
    }
}
