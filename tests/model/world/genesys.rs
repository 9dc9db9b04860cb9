//! Genesys, as far as the protocol can tell: one conversation, its metadata, its transcript, and what is on its way there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::snapshot::{Participant, Reading, Role, Snapshot, Status};

use crate::given::{AGENT, Second, at, customer};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Genesys {
    pub(crate) status: Status,
    pub(crate) attached: bool,
    pub(crate) count: u32,
    pub(crate) counted_at: Option<Timestamp>,
    /// The transcript: the number of the message that each line really is. Its id is its place, from 1; nobody else writes.
    pub(crate) lines: Vec<usize>,
    /// Writes whose caller got no answer. Each takes effect until its time is over, or never.
    pub(crate) in_flight: Vec<InFlight>,
    /// Reads of validations so far; each is told from every other.
    reads: u32,
}

/// A write on its way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct InFlight {
    pub(crate) until: Second,
    pub(crate) write: Write,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Write {
    Count { count: u32, time: Timestamp },
    Message(usize),
}

impl Genesys {
    pub(crate) fn new(attached: bool) -> Self {
        let status = if attached { Status::Active } else { Status::Disconnected };
        Self { status, attached, count: 0, counted_at: None, lines: Vec::new(), in_flight: Vec::new(), reads: 0 }
    }

    pub(crate) fn sends(&mut self, until: Second, write: Write) {
        self.in_flight.push(InFlight { until, write });
        // The order in which they were sent says nothing of the order in which they arrive.
        self.in_flight.sort();
    }

    pub(crate) fn takes_messages(&self) -> bool {
        self.snapshot().takes_messages()
    }

    /// A read, at an instant that no other read has.
    pub(crate) fn read(&mut self, now: Second) -> Reading {
        self.reads += 1;
        let date = at(now) + jiff::SignedDuration::from_millis(self.reads.into());
        Reading::live(Some(self.snapshot()), Some(date))
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let leg = |id: &str, role, active| Participant {
            id: id.to_owned(),
            role,
            active,
            updated: Some(at(0)),
            user_id: None,
            agent_id: None,
            queue_id: None,
        };
        Snapshot {
            conversation: ConversationId::parse("conversation").unwrap(),
            status: self.status,
            status_text: format!("{:?}", self.status),
            updated: Some(at(0)),
            participants: vec![
                leg(customer().as_str(), Role::Customer, self.attached),
                leg(AGENT, Role::Agent, self.attached),
            ],
            queue_id: None,
            target_queue_id: None,
            transfer_reason: None,
            attributes: BTreeMap::new(),
            contact_id: None,
        }
    }
}
