//! Published events as AWS `EventBridge` would hand them to a webhook.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::frame;
use crate::feed::Event;

/// The topics that `EventBridge` carries.
const CARRIED: &str = "v2.detail.events.";
const BY_CONVERSATION: &str = "v2.detail.events.conversation.";

/// An event in `EventBridge`'s envelope.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BridgedEvent {
    /// Its place in the order of publication, from 1; the next look back starts after it.
    pub id: u64,
    /// What a webhook gets.
    pub envelope: Value,
}

// === impl BridgedEvent ===

impl BridgedEvent {
    /// The event in its envelope, if `EventBridge` carries its topic.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        event.topic.starts_with(CARRIED).then(|| Self { id: event.id, envelope: envelope(event) })
    }
}

fn envelope(event: &Event) -> Value {
    let correlation_id = event.correlation_id.to_string();
    let mut detail = frame::addressed(&event.topic, &event.body, &correlation_id);
    detail["timestamp"] = format!("{:.3}", event.time).into();
    json!({
        "version": "0",
        // The same for every copy of the event, and another than the correlation id.
        "id": Uuid::from_u128(!event.correlation_id.as_u128()).to_string(),
        "detail-type": detail_type(&event.topic),
        "source": "aws.partner/genesys.com.test/cloud/00000000-0000-4000-8000-000000000000/simulator",
        "account": "123456789012",
        "time": format!("{:.0}", event.time),
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
}

/// The topic with `{id}` where its id stands.
fn detail_type(topic: &str) -> String {
    match topic.strip_prefix(BY_CONVERSATION).and_then(|rest| rest.split_once('.')) {
        Some((_, what)) => format!("{BY_CONVERSATION}{{id}}.{what}"),
        None => topic.to_owned(),
    }
}
