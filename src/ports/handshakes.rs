//! The memory that all replicas share.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::answer::Answer;
use crate::domain::conversation::{Confirming, Glimpse, Injection, Resumed};
use crate::domain::counter::{Claim, Written};
use crate::domain::error::Error;
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{ConversationId, HandshakeId, Pair, TabId};
use crate::domain::lease::{Fenced, Lease};
use crate::domain::ledger::{Begun, EntryKey, Item};
use crate::domain::pair::{Join, Joined, View};
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;

/// The store cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It holds all it may.
    #[error("the handshake store is full")]
    Full,
    /// The lease shown was lost; another may hold it.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// It cannot be used now. Whether the step was taken is not known.
    #[error("the handshake store cannot be used: {0}")]
    Unavailable(#[from] Outage),
    /// The protocol says no.
    #[error(transparent)]
    Refused(#[from] Error),
}

/// Why a store cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// No connection, or it broke.
    #[error("it cannot be reached")]
    Unreachable,
    /// No answer in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// It is loading, stopping or busy.
    #[error("it is not ready")]
    NotReady,
    /// It takes no writes, as a replica does.
    #[error("it takes no writes")]
    ReadOnly,
    /// It refuses our credentials, or they allow too little.
    #[error("it refuses our credentials, or they allow too little")]
    Denied,
    /// Its certificate is not trusted, or is another's.
    #[error("its certificate is not trusted")]
    Untrusted,
    /// No replica of it has what we were about to act on.
    #[error("its replicas do not keep up")]
    NotReplicated,
    /// What it keeps under our names was not written by this version.
    #[error("what it keeps is not ours")]
    Foreign,
    /// It answered what no working store answers.
    #[error("it gave an answer that makes no sense")]
    Malformed,
}

// === impl Outage ===

impl Outage {
    /// Whether no conversation can be served, rather than one whose state is at fault.
    pub fn is_of_whole_store(self) -> bool {
        match self {
            Self::Unreachable | Self::TimedOut | Self::NotReady | Self::ReadOnly | Self::Denied | Self::Untrusted => {
                true
            }
            // While replicas lag, sessions are judged and shared as ever; only what is about to be written has to wait.
            Self::NotReplicated | Self::Foreign | Self::Malformed => false,
        }
    }

    /// The name it is counted under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::NotReady => "not_ready",
            Self::ReadOnly => "read_only",
            Self::Denied => "denied",
            Self::Untrusted => "untrusted",
            Self::NotReplicated => "not_replicated",
            Self::Foreign => "foreign",
            Self::Malformed => "malformed",
        }
    }
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
    /// Gives the conversation's confirmations that nobody recorded yet to this recorder, and to no other after it. The same one
    /// is given the same again.
    async fn record(&self, conversation: &ConversationId, recorder: Uuid) -> Result<Vec<Resumed>, StoreError>;
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
