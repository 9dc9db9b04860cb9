//! A conclusive answer as it is stored and replayed.

use jiff::Timestamp;

use super::decision::Decision;

/// A decision and the instant it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// When it was true, by upstream's clock.
    pub as_of: Timestamp,
}
