//! Genesys Cloud, as the use cases see it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::ids::{ConversationId, MessageId, Pair};
use crate::domain::snapshot::Reading;

/// How a call to Genesys failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// Our share of requests is spent; nothing was sent.
    #[error("the request budget is spent")]
    Budget {
        /// When it will not be.
        retry_after: Duration,
    },
    /// Too much failed lately to go on trying; nothing was sent.
    #[error("genesys keeps failing")]
    CircuitOpen {
        /// When it will be tried again, at the earliest.
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
    /// Something that cannot, or must not, be asked of this Genesys; nothing was sent.
    #[error("genesys was not asked: {0}")]
    Withheld(&'static str),
}

impl UpstreamError {
    /// Whether a write that ended so may have taken effect.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Timeout | Self::Reset | Self::Server { .. } | Self::Malformed(_) => true,
            Self::Budget { .. }
            | Self::CircuitOpen { .. }
            | Self::Unreachable
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::RateLimited { .. }
            | Self::Rejected { .. }
            | Self::Withheld(_) => false,
        }
    }
}

/// How surely a write that Genesys took is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Nothing of it is under way any more.
    Surely,
    /// An earlier try of it got no answer, and may still take effect.
    Perhaps,
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
    /// The external contact of the customer, where the contract has such.
    pub contact_id: Option<String>,
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
    /// Reads one conversation with the metadata that confirmations write, where that is kept apart from it.
    async fn read_with_metadata(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError> {
        self.read(id, deadline).await
    }
    /// The conversation that a message belongs to; none if there is no such message, or no way to tell.
    async fn conversation_of(&self, _: &MessageId, _: Instant) -> Result<Option<ConversationId>, UpstreamError> {
        Ok(None)
    }
    /// Writes a confirmation's metadata. Writing the same twice is the same as once, unless something else was written in
    /// between.
    async fn write_metadata(
        &self,
        pair: &Pair,
        metadata: &Metadata,
        deadline: Instant,
    ) -> Result<Settled, UpstreamError>;
    /// Writes a message and returns its id. Writing the same twice writes two.
    async fn post(&self, id: &ConversationId, post: &Post, deadline: Instant) -> Result<String, UpstreamError>;
    /// Reads the transcript, oldest first; `None` when this Genesys offers no transcript.
    async fn transcript(&self, id: &ConversationId, deadline: Instant) -> Result<Option<Vec<Line>>, UpstreamError>;
}
