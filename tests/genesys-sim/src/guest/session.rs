//! One guest's session: how long it lives, what was said in it, how fast it may talk.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::request::Complaint;
use crate::clock::{later, since};

const SECOND: Duration = Duration::from_secs(1);
/// The latest messages of the history; nobody pages further in a test.
const KEPT: usize = 1000;

/// What the guest is told when the other side ends the conversation: the deployment's `conversationDisconnect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentDisconnect {
    /// Nothing.
    Silent,
    /// A Presence event; the next message reopens the conversation.
    Send,
    /// A Presence event; the session can only be read from then on, until the guest starts a new one.
    ReadOnly,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) deployment_id: String,
    pub(crate) duration: Duration,
    /// The conversation that the guest's messages went to last.
    pub(crate) conversation_id: Option<String>,
    pub(crate) read_only: bool,
    last_active: Timestamp,
    sent: VecDeque<Timestamp>,
    history: VecDeque<Value>,
}

// === impl Session ===

impl Session {
    pub(crate) fn new(deployment_id: String, duration: Duration, now: Timestamp) -> Self {
        Self {
            deployment_id,
            duration,
            conversation_id: None,
            read_only: false,
            last_active: now,
            sent: VecDeque::new(),
            history: VecDeque::new(),
        }
    }

    /// Inactivity ends a session; a message in either direction, and nothing else, puts that off.
    pub(crate) fn expires(&self) -> Timestamp {
        later(self.last_active, self.duration)
    }

    /// Counts a message of the guest, of which `per_second` are allowed.
    pub(crate) fn count(&mut self, now: Timestamp, per_second: usize) -> Result<(), Complaint> {
        self.sent.retain(|time| since(*time, now) < SECOND);
        if self.sent.len() >= per_second {
            return Err(Complaint::too_often(SECOND.as_secs()));
        }
        self.sent.push_back(now);
        Ok(())
    }

    /// Keeps a message of either side.
    pub(crate) fn keep(&mut self, body: Value, now: Timestamp) {
        self.last_active = now;
        if self.history.len() == KEPT {
            self.history.pop_front();
        }
        self.history.push_back(body);
    }

    /// What was said, the latest first.
    pub(crate) fn history(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.history.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_may_send_two_messages_in_any_second() {
        let start = Timestamp::UNIX_EPOCH;
        let at = |millis| later(start, Duration::from_millis(millis));
        let mut session = Session::new(String::new(), SECOND, start);
        for (millis, allowed) in [(0, true), (600, true), (999, false), (1000, true), (1599, false), (1600, true)] {
            assert_eq!(session.count(at(millis), 2).is_ok(), allowed, "{millis}");
        }
    }

    #[test]
    fn a_session_ends_so_long_after_its_last_message() {
        let start = Timestamp::UNIX_EPOCH;
        let mut session = Session::new(String::new(), SECOND, start);
        session.keep(Value::Null, later(start, SECOND));
        assert_eq!(session.expires(), later(start, 2 * SECOND));
    }

    #[test]
    fn only_the_latest_messages_are_kept() {
        let mut session = Session::new(String::new(), SECOND, Timestamp::UNIX_EPOCH);
        for n in 0..=KEPT {
            session.keep(n.into(), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(session.history().next(), Some(&KEPT.into()));
        assert_eq!(session.history().last(), Some(&1.into()));
    }
}
