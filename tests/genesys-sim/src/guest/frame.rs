//! The frames that a guest's socket sends: an envelope with a class, and the body that the class says.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    request::{Complaint, Incoming},
    session::Session,
};

/// The custom attributes of one message, in bytes.
pub(crate) const MAX_CUSTOM_DATA: usize = 2048;

/// The answer to a guest's request.
pub(crate) fn response(class: &str, code: i32, body: &Value, tracing_id: Option<&str>) -> String {
    envelope("response", class, code, body, tracing_id)
}

/// What a guest is told without having asked.
pub(crate) fn message(class: &str, body: &Value, tracing_id: Option<&str>) -> String {
    envelope("message", class, 200, body, tracing_id)
}

fn envelope(kind: &str, class: &str, code: i32, body: &Value, tracing_id: Option<&str>) -> String {
    let mut frame = json!({"type": kind, "class": class, "code": code, "body": body});
    if let Some(tracing_id) = tracing_id {
        frame["tracingId"] = tracing_id.into();
    }
    frame.to_string()
}

/// The refusal of a request.
pub(crate) fn complaint(complaint: &Complaint, tracing_id: Option<&str>) -> String {
    let Complaint { code, message, retry_after_s } = complaint;
    match retry_after_s {
        None => response("string", *code, &json!(message), tracing_id),
        Some(retry_after) => {
            let body = json!({
                "name": "TooManyRequestsError",
                "message": message,
                "errorCode": code,
                "errorMessage": message,
                "retryAfter": retry_after,
            });
            response("TooManyRequestsErrorMessage", 429, &body, tracing_id)
        }
    }
}

/// The body of a `SessionResponse` to a guest who is connected.
pub(crate) fn connected(session: &Session, new: bool, cleared: bool) -> Value {
    let mut body = json!({
        "connected": true,
        "newSession": new,
        "readOnly": session.read_only,
        "clearedExistingSession": cleared,
        "maxCustomDataBytes": MAX_CUSTOM_DATA,
        "allowedMedia": allowed_media(),
        "blockedExtensions": [],
    });
    add_life(&mut body, session);
    body
}

/// The body of a `SessionResponse` to a guest who has closed the session here.
pub(crate) fn closed() -> Value {
    json!({"connected": false, "readOnly": true})
}

/// The body of a `GetConfigurationResponse`.
pub(crate) fn configuration(session_duration_s: u64) -> Value {
    json!({
        "allowedMedia": allowed_media(),
        "blockedExtensions": [],
        "maxCustomDataBytes": MAX_CUSTOM_DATA,
        "messageRoutingEnabled": true,
        "sessionDurationSeconds": session_duration_s,
    })
}

fn allowed_media() -> Value {
    json!({"inbound": {"fileTypes": [{"type": "*/*"}], "maxFileSizeKB": 10240}})
}

/// The body of a `StructuredMessage` that echoes what the guest sent.
pub(crate) fn inbound(id: &str, incoming: &Incoming, time: Timestamp) -> Value {
    let mut body = structured(id, &incoming.kind, "Inbound", time);
    if let Some(text) = &incoming.text {
        body["text"] = text.as_str().into();
    }
    if !incoming.events.is_empty() {
        body["events"] = incoming.events.clone().into();
    }
    body["metadata"] = json!(incoming.metadata);
    body
}

/// The body of the answer to an echo, which tells how long the session has to live.
pub(crate) fn echo(id: &str, incoming: &Incoming, session: &Session, time: Timestamp) -> Value {
    let mut body = inbound(id, incoming, time);
    add_life(&mut body, session);
    body
}

/// The body of a `StructuredMessage` that carries what an agent or a bot says.
pub(crate) fn outbound(id: &str, text: &str, human: bool, time: Timestamp) -> Value {
    let mut body = structured(id, "Text", "Outbound", time);
    let (nickname, entity) = if human { ("Agent", "Human") } else { ("Bot", "Bot") };
    body["text"] = text.into();
    body["originatingEntity"] = entity.into();
    body["channel"]["from"] = json!({"nickname": nickname});
    body
}

/// The body of a `StructuredMessage` that says that the other side has left.
pub(crate) fn disconnect(id: &str, read_only: bool, time: Timestamp) -> Value {
    let mut body = structured(id, "Event", "Outbound", time);
    body["originatingEntity"] = "Human".into();
    body["events"] = json!([{"eventType": "Presence", "presence": {"type": "Disconnect"}}]);
    body["metadata"] = json!({"readOnly": read_only.to_string()});
    body
}

fn structured(id: &str, kind: &str, direction: &str, time: Timestamp) -> Value {
    json!({
        "id": id,
        "type": kind,
        "direction": direction,
        "channel": {"time": format!("{time:.3}"), "type": "Private", "messageId": id},
        "metadata": Map::new(),
    })
}

fn add_life(body: &mut Value, session: &Session) {
    body["durationSeconds"] = session.duration.as_secs().into();
    body["expirationDate"] = session.expires().as_second().into();
}
