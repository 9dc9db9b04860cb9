//! What all replicas remember of resume keys and of session tokens.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::{Pair, ResumeKey};
use crate::domain::registry::Term;
use crate::domain::token_line::{Refreshed, Shown};

/// The registry all replicas share. Each method is one atomic step of
/// [`domain::registry::Registration`](crate::domain::registry::Registration) or
/// [`domain::token_line::TokenLine`](crate::domain::token_line::TokenLine), on the store's clock.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Gives a key to a session for this long, or renews it. A key that another session has is refused.
    async fn register(&self, key: &ResumeKey, pair: &Pair, ttl: Duration) -> Result<Term, StoreError>;
    /// The session that a key names.
    async fn lookup(&self, key: &ResumeKey) -> Result<Option<Pair>, StoreError>;
    /// Begins a line of tokens, of which the first may be shown for this long.
    async fn begin_line(&self, line: Uuid, show_for: Duration) -> Result<(), StoreError>;
    /// Shows a token of a line.
    async fn use_line(&self, line: Uuid, generation: u64) -> Result<Shown, StoreError>;
    /// Shows a token of a line to have it replaced by one that may be shown for this long.
    async fn refresh_line(&self, line: Uuid, generation: u64, show_for: Duration) -> Result<Refreshed, StoreError>;
    /// Ends a line. One that nobody knows has ended already.
    async fn forget_line(&self, line: Uuid) -> Result<(), StoreError>;
}
