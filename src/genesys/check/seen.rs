//! What an answer shows that a check goes by.

use jiff::Timestamp;
use serde_json::Value;

use crate::genesys::answer::{Answer, Refusal};
use crate::ports::UpstreamError;

/// An answer of Genesys, whatever its status.
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) date: Option<Timestamp>,
    /// Of the token's requests a minute: those allowed, and those counted so far.
    pub(super) rate: Option<(u64, u64)>,
    /// The permissions whose lack it names, if that is why it refused.
    pub(super) lacking: Option<String>,
    /// Whether it says, as Genesys does, that there is no such thing.
    pub(super) knows_of_none: bool,
    pub(super) body: Value,
}

// === impl Seen ===

impl Seen {
    pub(super) fn of(answer: &Answer) -> Self {
        Self {
            status: answer.status().as_u16(),
            date: answer.date(),
            rate: answer.rate(),
            lacking: match answer.refusal() {
                Some(Refusal::Lacks(permissions)) => Some(permissions),
                Some(Refusal::NeedsUser) | None => None,
            },
            knows_of_none: answer.check() == Err(UpstreamError::NotFound),
            body: answer.body_as().ok().flatten().unwrap_or_default(),
        }
    }
}
