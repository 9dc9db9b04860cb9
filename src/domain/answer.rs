//! A conclusive answer as it is stored and replayed.

use jiff::Timestamp;

use super::decision::Decision;

/// Where the conversation's state was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Read from Genesys.
    LiveRead,
    /// Known from its events.
    Mirror,
}

/// A decision and the instant it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// When it was true, by upstream's clock.
    pub as_of: Timestamp,
    /// Where the conversation's state was taken from.
    pub source: Source,
    /// The ids of messages that the customer has not seen, as far as events tell, oldest first.
    pub undelivered: Vec<String>,
}

// === impl Answer ===

impl Answer {
    /// An answer by what was read from Genesys.
    pub fn live(decision: Decision, as_of: Timestamp) -> Self {
        Self { decision, as_of, source: Source::LiveRead, undelivered: Vec::new() }
    }
}
