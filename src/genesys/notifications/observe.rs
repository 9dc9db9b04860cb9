//! What operators see of listening: how frames fared, what broke a feed, and what is subscribed to; never what frames say.

use std::time::Duration;

use metrics::{counter, gauge};

/// What may have been missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// The socket closed.
    Closed,
    /// Nothing was heard on it, though it was pinged.
    Silent,
    /// A frame could not be read.
    Malformed,
    /// Frames came faster than the store took them.
    Lagging,
    /// The store did not take an event.
    Store,
    /// The feed was given to another replica, or ended.
    LeaseLost,
    /// A topic is not permitted any more.
    TopicLost,
    /// The channels were those of a former token.
    TokenRenewed,
}

// === impl Gap ===

impl Gap {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Silent => "silent",
            Self::Malformed => "malformed",
            Self::Lagging => "lagging",
            Self::Store => "store",
            Self::LeaseLost => "lease_lost",
            Self::TopicLost => "topic_lost",
            Self::TokenRenewed => "token_renewed",
        }
    }
}

/// Counts a frame.
pub(super) fn frame(outcome: &'static str) {
    counter!("session_resumption_notifications_total", "outcome" => outcome).increment(1);
}

/// Counts the end of a feed.
pub(super) fn gap(gap: Gap) {
    counter!("session_resumption_notifications_gaps_total", "cause" => gap.name()).increment(1);
}

/// Shows how many channels are connected, and how their topics fare.
#[expect(clippy::cast_precision_loss, reason = "there are at most 19,000 topics")]
pub(super) fn channels(connected: usize, permitted: usize, rejected: usize) {
    gauge!("session_resumption_notifications_connected").set(connected as f64);
    for (state, topics) in [("permitted", permitted), ("rejected", rejected)] {
        gauge!("session_resumption_notifications_topics", "state" => state).set(topics as f64);
    }
}

/// Shows how long ago something was heard on the channel that was heard least lately.
pub(super) fn heard(age: Duration) {
    gauge!("session_resumption_notifications_heard_age_seconds").set(age.as_secs_f64());
}
