//! What must be possible to tell later.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::decision::Decision;
use crate::domain::error::Reason;
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{HandshakeId, MessageId, Pair, ResumeKey};
use crate::domain::principal::{Bound, Principal};

/// What happened, for those who must be able to tell later. It holds no message text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A session was judged.
    Decided {
        /// The decision.
        decision: &'a Decision,
        /// The instant it speaks of.
        as_of: Timestamp,
        /// Whether it came from memory.
        replayed: bool,
        /// Whether it was given without the store.
        degraded: bool,
        /// When the client says it lost its connection, if that is plausible.
        dropped_at: Option<Timestamp>,
    },
    /// A resumption: once per confirmed handshake, whoever confirmed it and whoever learnt of it, so that handle time is not
    /// counted twice.
    Resumed {
        /// How it was confirmed.
        confirmation: &'a Confirmation,
    },
    /// A caller was told that a resumption is confirmed.
    Confirmed {
        /// The conversation's count after it.
        count: u32,
        /// Whether it had been confirmed before.
        replayed: bool,
    },
    /// A resumption could not be confirmed.
    NotConfirmed {
        /// Whether the session is over.
        ended: bool,
    },
    /// Context was written.
    Injected {
        /// Messages that stand in the transcript now.
        present: usize,
        /// Messages asked for.
        asked: usize,
    },
    /// A session was registered under a key, for the first time or once more.
    Registered {
        /// The key.
        key: &'a ResumeKey,
        /// Since when it names the session.
        since: Timestamp,
    },
    /// Something became of a line of session tokens.
    Tokens {
        /// The line.
        line: Uuid,
        /// What became of it.
        turn: TokenTurn,
    },
    /// Something a client or Genesys sent was set aside.
    Noted(Note),
    /// A call failed.
    Failed {
        /// Why.
        reason: Reason,
    },
}

/// What becomes of a line of session tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTurn {
    /// It began.
    Issued,
    /// Its token was replaced.
    Refreshed,
    /// Its browser, or whoever signed the customer out, ended it.
    Revoked,
    /// Somebody showed a token that was replaced, or never issued: it ended.
    Reused,
    /// The store was out of reach, so its token was believed for its signature alone.
    Unchecked,
}

/// Oddities that are survived, and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// A client's time was implausible and dropped.
    ImplausibleClientTime,
    /// A status nobody knows.
    UnknownStatus,
    /// `resumptionCount` was not a number and counted as zero.
    CountNotANumber,
    /// A message whose outcome stayed unknown.
    UnknownOutcome,
    /// Genesys shows a resumption that the store should remember: it lost data.
    StoreForgot,
    /// Whoever found out for all took longer than its lease: another did it again.
    LeadLost,
    /// The store did not say whose a resumption is to record: whoever asks about it next records it.
    RecordDelayed,
    /// A writer lost its lease and another took over: the one hole that cannot be closed.
    LeaseLost,
    /// A browser asked about a session that is not its own, be it there or not.
    ForeignSession,
}

/// A session, by the name it was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session<'a> {
    /// Its own.
    Pair(&'a Pair),
    /// A key it is, or is not, registered under.
    Key(&'a ResumeKey),
    /// A message of its transcript.
    Message(&'a MessageId),
}

impl<'a> From<&'a Pair> for Session<'a> {
    fn from(pair: &'a Pair) -> Self {
        Self::Pair(pair)
    }
}

impl<'a> From<&'a Bound> for Session<'a> {
    fn from(bound: &'a Bound) -> Self {
        match bound {
            Bound::Pair(pair) => Self::Pair(pair),
            Bound::Key(key) => Self::Key(key),
        }
    }
}

/// One entry of the audit record.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Who called.
    pub principal: &'a Principal,
    /// About which session, if it has a name.
    pub session: Option<Session<'a>>,
    /// In which handshake, if any.
    pub handshake: Option<HandshakeId>,
    /// What happened.
    pub event: Event<'a>,
}

/// Where the audit record goes.
pub trait Audit: Send + Sync {
    /// Adds an entry. It must not block and cannot fail.
    fn record(&self, record: &Record<'_>);
}
