//! What the use cases need of the world. Owned here, implemented by adapters, joined in `app`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::answer::Answer;
use crate::domain::conversation::{Confirming, Glimpse, Injection};
use crate::domain::counter::{Claim, Written};
use crate::domain::decision::Decision;
use crate::domain::error::{self, Error};
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{ConversationId, HandshakeId, Pair, TabId};
use crate::domain::lease::{Fenced, Lease};
use crate::domain::ledger::{Begun, EntryKey, Item};
use crate::domain::pair::{Join, Joined, View};
use crate::domain::principal::Principal;
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;

// === Genesys ===

/// How a call to Genesys failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// Our share of requests is spent; nothing was sent.
    #[error("the request budget is spent")]
    Budget {
        /// When it will not be.
        retry_after: Duration,
    },
    /// No connection could be made; nothing was sent.
    #[error("genesys cannot be reached")]
    Unreachable,
    /// No answer in time.
    #[error("genesys did not answer in time")]
    Timeout,
    /// The connection broke before the whole answer came.
    #[error("the connection to genesys broke")]
    Reset,
    /// 401, also with a fresh token; or no token is to be had.
    #[error("genesys refuses our credentials")]
    Unauthorized,
    /// 403.
    #[error("our credentials lack a permission")]
    Forbidden,
    /// 404 on a resource that must exist for this call.
    #[error("genesys does not know the resource")]
    NotFound,
    /// 409.
    #[error("genesys reports a conflict")]
    Conflict,
    /// 429.
    #[error("genesys limits our rate")]
    RateLimited {
        /// What genesys asked for, if it did.
        retry_after: Option<Duration>,
    },
    /// Another 4xx.
    #[error("genesys refused the request with status {status}")]
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// 5xx.
    #[error("genesys failed with status {status}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// What genesys asked for, if it did.
        retry_after: Option<Duration>,
    },
    /// An answer that cannot be understood, or is too large.
    #[error("genesys' answer cannot be understood: {0}")]
    Malformed(&'static str),
}

impl UpstreamError {
    /// Whether a write that ended so may have taken effect.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Timeout | Self::Reset | Self::Server { .. } | Self::Malformed(_) => true,
            Self::Budget { .. }
            | Self::Unreachable
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::RateLimited { .. }
            | Self::Rejected { .. } => false,
        }
    }
}

/// What a confirmation writes beside a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `resumptionCount`.
    pub count: u32,
    /// `lastResumptionTimestamp`.
    pub time: Timestamp,
}

/// A message to be written to a transcript.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    /// The author.
    pub author_id: String,
    /// The guide's `type`: `customer` or `system`.
    pub kind: &'static str,
    /// What it says: personal data, never logged.
    pub text: String,
    /// The participants it is for.
    pub to: Vec<String>,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A message as it stands in a transcript.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The author.
    pub author_id: String,
    /// The guide's `type`.
    pub kind: String,
    /// What it says: personal data, never logged.
    pub text: String,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The conversations of Genesys Cloud. Each call is bounded by its deadline and counts against the budget.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Reads one conversation. A conversation that does not exist is a reading, not an error.
    async fn read(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError>;
    /// Writes a confirmation's metadata. Writing the same twice is the same as once.
    async fn write_metadata(
        &self,
        id: &ConversationId,
        metadata: &Metadata,
        deadline: Instant,
    ) -> Result<(), UpstreamError>;
    /// Writes a message and returns its id. Writing the same twice writes two.
    async fn post(&self, id: &ConversationId, post: &Post, deadline: Instant) -> Result<String, UpstreamError>;
    /// Reads the transcript, oldest first; `None` when this Genesys offers no transcript.
    async fn transcript(&self, id: &ConversationId, deadline: Instant) -> Result<Option<Vec<Line>>, UpstreamError>;
}

// === Handshake store ===

/// The store cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It holds all it may.
    #[error("the handshake store is full")]
    Full,
    /// The lease shown was lost; another may hold it.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// The protocol says no.
    #[error(transparent)]
    Refused(#[from] Error),
}

/// The memory all replicas share. Each method is one atomic step of
/// [`domain::conversation::Conversation`](crate::domain::conversation::Conversation), on the store's clock.
#[async_trait]
pub trait Handshakes: Send + Sync {
    /// The store's clock.
    async fn now(&self) -> Result<Timestamp, StoreError>;
    /// Joins or opens a handshake of a pair.
    async fn join(&self, pair: &Pair, join: &Join) -> Result<(Joined, Option<Reading>), StoreError>;
    /// Takes a leader's answer.
    async fn conclude(
        &self,
        pair: &Pair,
        lease: Lease,
        tab: Option<&TabId>,
        answer: Answer,
        replay_ttl: Duration,
    ) -> Result<View, StoreError>;
    /// Takes a leader's failure; callers are told to return after `back_in`.
    async fn fail(&self, pair: &Pair, lease: Lease, error: Error, back_in: Duration) -> Result<(), StoreError>;
    /// Makes a tab ACTIVE.
    async fn take_over(&self, pair: &Pair, tab: &TabId) -> Result<View, StoreError>;
    /// The answer of exactly this handshake.
    async fn view(&self, pair: &Pair, id: HandshakeId, tab: Option<&TabId>) -> Result<View, StoreError>;
    /// Keeps a heartbeat's reading for a while, and seats the tab that sent it if the session can be resumed.
    async fn remember(&self, pair: &Pair, glimpse: &Glimpse) -> Result<Seat, StoreError>;
    /// Whether a handshake is confirmed, and how.
    async fn confirmation(&self, pair: &Pair, id: HandshakeId) -> Result<Option<Confirmation>, StoreError>;
    /// Reserves the count a confirmation writes.
    async fn claim(&self, conversation: &ConversationId, claim: Claim) -> Result<Confirming, StoreError>;
    /// Takes the outcome of a confirmation's write.
    async fn settle(&self, conversation: &ConversationId, lease: Lease, written: Written) -> Result<(), StoreError>;
    /// Begins an injection.
    async fn begin_injection(&self, conversation: &ConversationId, injection: &Injection) -> Result<Begun, StoreError>;
    /// Announces a message before it is sent, and renews the hold.
    async fn announce(
        &self,
        conversation: &ConversationId,
        lease: Lease,
        item: Item,
        last_id: Option<String>,
        hold_for: Duration,
    ) -> Result<(), StoreError>;
    /// Records that a message stands in the transcript.
    async fn written(
        &self,
        conversation: &ConversationId,
        lease: Lease,
        key: &EntryKey,
        message_id: String,
    ) -> Result<(), StoreError>;
    /// Records that an announced message was certainly not sent.
    async fn not_sent(&self, conversation: &ConversationId, lease: Lease, key: &EntryKey) -> Result<(), StoreError>;
    /// Ends an injection.
    async fn end_injection(&self, conversation: &ConversationId, lease: Lease) -> Result<(), StoreError>;
    /// Resolves when something about the conversation may have changed since this was called. It may resolve early, and a
    /// change elsewhere may be missed: callers bound their wait.
    fn changed(&self, conversation: &ConversationId) -> BoxFuture<'static, ()>;
}

// === Budget ===

/// The budget has no room before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request budget is spent")]
pub struct Spent {
    /// When it will have room.
    pub retry_after: Duration,
}

/// How many requests Genesys may be sent.
#[async_trait]
pub trait Budget: Send + Sync {
    /// Takes one request's worth, waiting for it no longer than until the deadline.
    async fn take(&self, deadline: Instant) -> Result<(), Spent>;
}

// === Audit ===

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
        /// When the client says it lost its connection, if that is plausible.
        dropped_at: Option<Timestamp>,
    },
    /// A resumption was confirmed: one per handshake, so that handle time is not counted twice.
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
    /// Something a client or Genesys sent was set aside.
    Noted(Note),
    /// A call failed.
    Failed {
        /// Why.
        reason: error::Reason,
    },
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
    /// A writer lost its lease and another took over: the one hole that cannot be closed.
    LeaseLost,
}

/// One entry of the audit record.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// Who called.
    pub principal: &'a Principal,
    /// About which session.
    pub pair: &'a Pair,
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

// === Clock and entropy ===

/// Tells the time. Waiting goes by `tokio::time`, which tests can pause.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Makes what nobody can guess.
pub trait Entropy: Send + Sync {
    /// A new random UUID.
    fn uuid(&self) -> Uuid;
    /// A random number in [0, 1).
    fn unit(&self) -> f64;
}
