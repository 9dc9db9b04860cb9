//! What a frame says.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::topics::Topic;
use crate::domain::ids::ConversationId;
use crate::domain::mirror::News;
use crate::genesys::platform::events;

/// One frame, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// It is alive.
    Heartbeat,
    /// The channel is about to be closed.
    Closing,
    /// News of a conversation.
    Told(Box<Told>),
    /// Of a topic that we subscribed to, and nothing that the mirror keeps.
    Idle,
    /// Of a kind of topic that nobody here knows.
    UnknownTopic,
    /// Of a topic that this channel is not subscribed to, or about another one than its topic says.
    Foreign,
    /// It cannot be read, and may have told of a change.
    Malformed,
}

/// What an event says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: ConversationId,
    pub(super) news: News,
    /// The event's own name: copies of it say the same, on whichever channel they come. A correlation id is not enough, since
    /// one request may cause several events.
    pub(super) event: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    topic_name: String,
    #[serde(default)]
    event_body: Value,
}

// === impl Frame ===

impl Frame {
    /// Reads a frame of a channel that is subscribed to these topics.
    pub(super) fn read(text: &str, topics: &HashSet<Topic>) -> Self {
        let Ok(Envelope { topic_name, event_body }) = serde_json::from_str(text) else { return Self::Malformed };
        match topic_name.as_str() {
            "channel.metadata" => return Self::Heartbeat,
            "v2.system.socket_closing" => return Self::Closing,
            _ => {}
        }
        match Topic::parse(&topic_name) {
            None => Self::UnknownTopic,
            Some(topic) if !topics.contains(&topic) => Self::Foreign,
            Some(Topic::Deployment(id)) if is_of_another(&id, &event_body) => Self::Foreign,
            Some(_) => event(&topic_name, &event_body),
        }
    }

    /// Its name, for operators.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::Closing => "closing",
            Self::Told(_) => "told",
            Self::Idle => "idle",
            Self::UnknownTopic => "unknown_topic",
            Self::Foreign => "foreign",
            Self::Malformed => "malformed",
        }
    }
}

fn is_of_another(deployment: &str, body: &Value) -> bool {
    body["deploymentId"].as_str().is_some_and(|told| told != deployment)
}

fn event(topic: &str, body: &Value) -> Frame {
    let event = name(topic, body);
    match events::read(topic, body, &event) {
        Ok(Some((id, news))) => Frame::Told(Box::new(Told { id, news, event })),
        Ok(None) => Frame::Idle,
        Err(_) => Frame::Malformed,
    }
}

fn name(topic: &str, body: &Value) -> String {
    let digest = Sha256::new().chain_update(topic).chain_update([0]).chain_update(body.to_string()).finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

#[cfg(test)]
mod tests;
