//! What is known of a conversation without asking for it: told by events, joined whatever their order, and never believed for
//! longer than it may be.

pub mod entry;
pub mod feed;
mod handover;
pub mod parts;

use std::time::Duration;

use jiff::Timestamp;

use super::legs::{Leg, Legs};

/// What is told of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// All of it, as it was then.
    Whole {
        /// Its legs.
        legs: Legs,
        /// The platform's time of it: that of the answer, or the latest that the event names.
        as_of: Timestamp,
        /// The feed that tells of every change from there on, if one covers it.
        feed: Option<Feed>,
    },
    /// A change of one leg.
    Change {
        /// The event's own name, by which whoever was told can tell it from others. Nothing is joined by it.
        event: String,
        /// When it happened.
        at: Timestamp,
        /// What the leg became, as far as the event tells.
        leg: Leg,
    },
    /// Messages that did not reach the customer.
    Undelivered {
        /// The event's own name.
        event: String,
        /// Their ids and times.
        messages: Vec<(String, Timestamp)>,
    },
    /// Something happened that no other news tells of: what is known is no longer enough.
    Doubt {
        /// The event's own name.
        event: String,
        /// When it happened.
        at: Timestamp,
    },
}

/// One unbroken time of listening. Whatever breaks it makes the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feed(pub u64);

/// What can be told of a conversation without asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// Its legs, if they are known well enough to be gone by.
    pub fresh: Option<Fresh>,
    /// The messages that did not reach the customer since they were last known to be there, oldest first.
    pub undelivered: Vec<String>,
}

/// For how long what was told is gone by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge {
    /// After the feed that covers it was last heard.
    pub heard: Duration,
    /// After the last news of it, where no feed covers it. Zero, which is not at all, where events come by feeds alone: a gap would
    /// hide them.
    pub told: Duration,
}

impl MaxAge {
    /// The same for both.
    pub fn both(age: Duration) -> Self {
        Self { heard: age, told: age }
    }
}

/// A conversation as it is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// Its legs.
    pub legs: Legs,
    /// The platform's time of the last that was told of it.
    pub as_of: Timestamp,
    /// The store's time now.
    pub now: Timestamp,
}

// === impl News ===

impl News {
    /// The platform's time of what it tells; none where it says nothing of the legs.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Whole { as_of, .. } => Some(*as_of),
            Self::Change { at, .. } | Self::Doubt { at, .. } => Some(*at),
            Self::Undelivered { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
