//! The frames that a channel's socket sends.

use serde_json::{Value, json};

use crate::feed::Event;

const METADATA_TOPIC: &str = "channel.metadata";
/// The version that the platform's current topics carry.
const TOPIC_VERSION: &str = "2";

/// A published event.
pub(crate) fn event(event: &Event) -> String {
    addressed(&event.topic, &event.body, &event.correlation_id.to_string()).to_string()
}

/// A topic and its body as every delivery wraps them.
pub(crate) fn addressed(topic: &str, body: &Value, correlation_id: &str) -> Value {
    json!({
        "topicName": topic,
        "version": TOPIC_VERSION,
        "eventBody": body,
        "metadata": {"CorrelationId": correlation_id},
    })
}

/// The sign of life that an idle channel gives.
pub(crate) fn heartbeat() -> String {
    json!({"topicName": METADATA_TOPIC, "eventBody": {"message": "WebSocket Heartbeat"}}).to_string()
}

/// The answer to what a client sent: only a ping has one.
pub(crate) fn reply(text: &str) -> Option<String> {
    let message: Value = serde_json::from_str(text).ok()?;
    (message["message"] == "ping")
        .then(|| json!({"topicName": METADATA_TOPIC, "eventBody": {"message": "pong"}}).to_string())
}

/// The notice that the channel's life is about to end.
pub(crate) fn closing() -> String {
    json!({
        "topicName": "v2.system.socket_closing",
        "eventBody": {"message": "The channel's life is about to end; create a new one"},
    })
    .to_string()
}
