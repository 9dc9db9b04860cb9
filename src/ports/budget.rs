//! The share of Genesys' request limit that may be used.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

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
