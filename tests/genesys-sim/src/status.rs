//! Where a conversation, or one participant's leg of it, stands: an open set, as upstream's is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A status by the guide's spelling. Unknown ones survive a round trip in [`Status::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// `ACTIVE`
    Active,
    /// `DISCONNECTED`
    Disconnected,
    /// `TRANSFER`
    Transfer,
    /// `QUEUE`
    Queue,
    /// `REROUTE`
    Reroute,
    /// `TERMINATED`
    Terminated,
    /// Any spelling the guide does not have.
    Other(String),
}

// === impl Status ===

impl Status {
    /// The spelling on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disconnected => "DISCONNECTED",
            Self::Transfer => "TRANSFER",
            Self::Queue => "QUEUE",
            Self::Reroute => "REROUTE",
            Self::Terminated => "TERMINATED",
            Self::Other(other) => other,
        }
    }

    /// Whether the conversation waits for an agent: the customer may come and go without changing it.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self, Self::Transfer | Self::Queue | Self::Reroute)
    }

    /// Whether the gateway takes messages: the guide names these two states and no other.
    pub(crate) fn takes_messages(&self) -> bool {
        matches!(self, Self::Active | Self::Disconnected)
    }
}

impl From<&str> for Status {
    fn from(text: &str) -> Self {
        match text {
            "ACTIVE" => Self::Active,
            "DISCONNECTED" => Self::Disconnected,
            "TRANSFER" => Self::Transfer,
            "QUEUE" => Self::Queue,
            "REROUTE" => Self::Reroute,
            "TERMINATED" => Self::Terminated,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl From<String> for Status {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn every_spelling_survives_a_round_trip() {
        for text in ["ACTIVE", "DISCONNECTED", "TRANSFER", "QUEUE", "REROUTE", "TERMINATED", "On Hold"] {
            assert_eq!(Status::from(text).as_str(), text);
        }
        assert_eq!(Status::from("active"), Status::Other("active".to_owned()), "spelling is exact");
    }
}
