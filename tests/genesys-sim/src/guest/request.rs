//! What a guest may ask, by the letter of the guest protocol.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::frame::MAX_CUSTOM_DATA;

/// The most characters of one message.
const MAX_TEXT: usize = 4096;
const MAX_TOKEN: usize = 2048;

/// Requests of the protocol that this simulator does not play.
const UNPLAYED: [&str; 6] = [
    "configureAuthenticatedSession",
    "onAttachment",
    "getAttachment",
    "deleteAttachment",
    "disconnectCustomer",
    "resumeToken",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) token: String,
    pub(crate) tracing_id: Option<String>,
    #[serde(flatten)]
    pub(crate) action: Action,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Action {
    ConfigureSession {
        deployment_id: String,
        #[serde(default)]
        start_new: bool,
    },
    OnMessage {
        message: Incoming,
    },
    Echo {
        message: Incoming,
    },
    GetJwt,
    GetConfiguration,
    CloseSession {
        close_all_connections: bool,
    },
}

/// `IncomingNormalizedMessage`
#[derive(Debug, Deserialize)]
pub(crate) struct Incoming {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) events: Vec<Value>,
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default)]
    channel: IncomingChannel,
}

#[derive(Debug, Default, Deserialize)]
struct IncomingChannel {
    #[serde(default)]
    metadata: IncomingMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncomingMetadata {
    #[serde(default)]
    custom_attributes: BTreeMap<String, String>,
}

/// Why a request is refused.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) code: i32,
    pub(crate) message: String,
    /// Only asking too often has it.
    pub(crate) retry_after_s: Option<u64>,
}

/// What a message is meant to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'a> {
    Say(&'a str),
    Join,
    Clear,
    /// A sign of typing, a receipt: heard, and no more.
    Hint,
}

// === impl Request ===

impl Request {
    pub(crate) fn parse(frame: &Value) -> Result<Self, Complaint> {
        if frame["action"].as_str().is_some_and(|action| UNPLAYED.contains(&action)) {
            return Err(Complaint::new(4000, "the feature is unavailable"));
        }
        let request = Self::deserialize(frame).map_err(|error| Complaint::missing(error.to_string()))?;
        if request.token.is_empty() || request.token.len() > MAX_TOKEN {
            return Err(Complaint::missing(format!("token must have 1 to {MAX_TOKEN} characters")));
        }
        Ok(request)
    }
}

// === impl Incoming ===

impl Incoming {
    pub(crate) fn meaning(&self) -> Result<Meaning<'_>, Complaint> {
        match self.kind.as_str() {
            "Text" => match self.text.as_deref().filter(|text| !text.is_empty()) {
                None => Err(Complaint::missing("text")),
                Some(text) if text.chars().count() > MAX_TEXT => Err(Complaint::new(4011, "message too long")),
                Some(text) => Ok(Meaning::Say(text)),
            },
            "Event" => Ok(match self.events.first().and_then(|event| event["presence"]["type"].as_str()) {
                Some("Join") => Meaning::Join,
                Some("Clear") => Meaning::Clear,
                _ => Meaning::Hint,
            }),
            "Receipt" => Ok(Meaning::Hint),
            _ => Err(Complaint::new(4000, "the feature is unavailable")),
        }
    }

    /// The custom attributes as the customer's participant shows them.
    pub(crate) fn attributes(&self) -> Result<BTreeMap<String, String>, Complaint> {
        let custom = &self.channel.metadata.custom_attributes;
        let size: usize = custom.iter().map(|(key, value)| key.len() + value.len()).sum();
        if size > MAX_CUSTOM_DATA {
            return Err(Complaint::new(4013, "custom attributes are too large"));
        }
        Ok(custom.iter().map(|(key, value)| (format!("context.{key}"), value.clone())).collect())
    }
}

// === impl Complaint ===

impl Complaint {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_s: None }
    }

    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::new(4020, format!("missing or bad parameter: {}", what.into()))
    }

    pub(crate) fn no_session() -> Self {
        Self::new(4007, "session not found")
    }

    pub(crate) fn too_often(retry_after_s: u64) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(4029, "Message rate too high for this session") }
    }
}
