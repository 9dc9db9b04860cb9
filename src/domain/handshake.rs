//! One handshake: led, concluded, replayed, confirmed.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::answer::Answer;
use super::decision::{Decision, Reason};
use super::error::Error;
use super::ids::{AttemptId, HandshakeId, TabId};
use super::lease::Grant;
use super::time::after;

/// How long a handshake can be confirmed and injected into after it was concluded.
pub const USABLE_FOR: Duration = Duration::from_hours(24);
/// How long "no such session" is replayed: a conversation that is only just being created must not stay unknown for long.
pub const NOT_FOUND_TTL: Duration = Duration::from_secs(5);
/// How long a handshake without an answer is remembered: beyond the longest delay a caller can be given.
const UNCONCLUDED_FOR: Duration = Duration::from_hours(1);
/// How long after the time a held-back caller was told to return the credit still counts.
const CREDIT_GRACE: Duration = Duration::from_secs(30);
/// More tabs than this of one customer join unremembered: they replay, and have no second drop of their own.
const MAX_TABS: usize = 32;
/// Enough for every tab to drop twice while the answer is replayed.
const MAX_ATTEMPTS: usize = 64;

/// How far a handshake has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Somebody is finding out.
    Leading(Grant),
    /// Whoever led under this fence could not find out. Those who waited for that fence share its error; a new arrival leads.
    Failed {
        /// The fence of the lead that failed.
        fence: u64,
        /// Why.
        error: Error,
    },
    /// The answer is known.
    Concluded {
        /// The answer.
        answer: Answer,
        /// Until when it is replayed to whoever joins.
        replay_until: Timestamp,
        /// Until when the handshake can be confirmed.
        usable_until: Timestamp,
    },
}

/// The proof that a resumption happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Confirmation {
    /// The conversation's resumption count after it.
    pub count: u32,
    /// When it was counted.
    pub time: Timestamp,
    /// The agent the customer is attached to.
    pub agent_id: Option<String>,
    /// The instant upstream at which the customer was seen attached; none if Genesys did not tell the time.
    pub as_of: Option<Timestamp>,
}

/// One resumption of one pair.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Handshake {
    /// Its name.
    pub id: HandshakeId,
    /// When the first request of this drop arrived.
    pub opened: Timestamp,
    /// How far it has come.
    pub phase: Phase,
    /// Set once it is confirmed.
    pub confirmation: Option<Confirmation>,
    /// Who was given the confirmation to record it. It is given to nobody else.
    pub recorder: Option<Uuid>,
    tabs: BTreeSet<TabId>,
    attempts: BTreeSet<AttemptId>,
    /// The attempts of the handshake before it: a late repeat of one of them is no drop either.
    earlier_attempts: BTreeSet<AttemptId>,
    /// Until when the drop is judged as of when it was opened, because we held the customer back. Set once and never renewed,
    /// so that knocking keeps nothing alive; a conclusive answer ends it.
    credit_until: Option<Timestamp>,
}

impl Handshake {
    /// A handshake whose first lead is granted.
    pub fn open(id: HandshakeId, now: Timestamp, grant: Grant, before: Option<&Self>) -> Self {
        Self {
            id,
            opened: now,
            phase: Phase::Leading(grant),
            confirmation: None,
            recorder: None,
            tabs: BTreeSet::new(),
            attempts: BTreeSet::new(),
            earlier_attempts: before.map(|before| before.attempts.clone()).unwrap_or_default(),
            credit_until: None,
        }
    }

    /// Remembers who joined, so that a later drop of theirs can be told from a repeat.
    pub fn admit(&mut self, tab: Option<&TabId>, attempt: Option<AttemptId>) {
        if let Some(tab) = tab
            && self.tabs.len() < MAX_TABS
        {
            self.tabs.insert(tab.clone());
        }
        if let Some(attempt) = attempt
            && self.attempts.len() < MAX_ATTEMPTS
        {
            self.attempts.insert(attempt);
        }
    }

    /// Whether a request is a new drop: the resumption was confirmed, and a tab that took part in it lost its connection
    /// again. Repeats, tabs never seen and callers that name no attempt are not; nor is anybody once there were more attempts
    /// than are remembered, because a repeat could not be told from a drop.
    pub fn is_second_drop(&self, tab: Option<&TabId>, attempt: Option<AttemptId>) -> bool {
        self.confirmation.is_some() && tab.is_some_and(|tab| self.tabs.contains(tab)) && self.is_new(attempt)
    }

    /// Credits the time from the first request on, until a little after the time the customer was told to return.
    pub fn hold_back(&mut self, back_at: Timestamp) {
        self.credit_until.get_or_insert(after(back_at, CREDIT_GRACE));
    }

    /// Takes a new leader, and says when the request arrived that is to be judged.
    pub fn lead(&mut self, grant: Grant, attempt: Option<AttemptId>, now: Timestamp) -> Timestamp {
        self.phase = Phase::Leading(grant);
        if self.credit_until.is_some_and(|credit_until| now <= credit_until) {
            return self.opened;
        }
        if self.is_new(attempt) {
            // Another drop than the one that was held back: it has a credit of its own.
            self.opened = now;
            self.credit_until = None;
        }
        now
    }

    fn is_new(&self, attempt: Option<AttemptId>) -> bool {
        self.attempts.len() < MAX_ATTEMPTS
            && attempt
                .is_some_and(|attempt| !self.attempts.contains(&attempt) && !self.earlier_attempts.contains(&attempt))
    }

    /// Takes the answer of whoever leads.
    pub fn conclude(&mut self, answer: Answer, replay_ttl: Duration, now: Timestamp) {
        let replay_ttl = match answer.decision.reason() {
            Reason::SessionNotFound => replay_ttl.min(NOT_FOUND_TTL),
            _ => replay_ttl,
        };
        let replay_until = after(now, replay_ttl);
        let usable_until = match answer.decision {
            Decision::Resumable(_) => after(now, USABLE_FOR),
            Decision::NewRoutingRequired(_) => replay_until,
        };
        self.phase = Phase::Concluded { answer, replay_until, usable_until };
    }

    /// The answer, whether or not it is still replayed to those who join.
    pub fn answer(&self) -> Option<&Answer> {
        match &self.phase {
            Phase::Concluded { answer, .. } => Some(answer),
            Phase::Leading(_) | Phase::Failed { .. } => None,
        }
    }

    /// Whether its answer is "resumable", so that its id was handed out.
    pub fn is_resumable(&self) -> bool {
        self.answer().is_some_and(|answer| matches!(answer.decision, Decision::Resumable(_)))
    }

    /// Whether nobody can refer to it any more.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        let last_awaited = match self.phase {
            Phase::Concluded { usable_until, .. } => return now >= usable_until,
            Phase::Leading(grant) => grant.until,
            Phase::Failed { .. } => self.opened,
        };
        now >= after(self.credit_until.map_or(last_awaited, |until| until.max(last_awaited)), UNCONCLUDED_FOR)
    }
}
