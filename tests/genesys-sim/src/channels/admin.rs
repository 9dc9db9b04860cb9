//! The pushed side's part of [`Control`] over HTTP: `/_sim/events` and `/_sim/channels/...`.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{BridgedEvent, PushFault};
use crate::{Control, ControlError};

pub(crate) fn router() -> Router<Control> {
    Router::new()
        .route("/events", get(events).post(publish))
        .route("/channels/sockets", get(sockets).delete(cut))
        .route("/channels/faults", post(script).delete(clear))
        .route("/channels/texts", post(push_text))
        .route("/channels/frames", post(push_frame))
        .route("/channels/heartbeat", put(heartbeat))
        .route("/channels/refusal", put(refuse))
        .route("/channels/forbidden-topics", post(forbid).delete(permit))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    #[serde(default)]
    since: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    topic: String,
    body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    fault: PushFault,
    #[serde(default = "once")]
    times: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heartbeat {
    silenced: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    status: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForbiddenTopic {
    topic: String,
    missing_permission: String,
}

fn once() -> u16 {
    1
}

async fn events(State(control): State<Control>, Query(after): Query<Since>) -> Json<Vec<BridgedEvent>> {
    Json(control.events(after.since))
}

async fn publish(State(control): State<Control>, Json(new): Json<NewEvent>) -> StatusCode {
    control.publish(new.topic, new.body);
    StatusCode::NO_CONTENT
}

async fn sockets(State(control): State<Control>) -> Json<Value> {
    Json(json!({"connected": control.channel_sockets()}))
}

async fn cut(State(control): State<Control>) -> StatusCode {
    control.cut_channel_sockets();
    StatusCode::NO_CONTENT
}

async fn script(State(control): State<Control>, Json(new): Json<Script>) -> StatusCode {
    control.script_push_fault(new.fault, new.times);
    StatusCode::NO_CONTENT
}

async fn clear(State(control): State<Control>) -> StatusCode {
    control.clear_push_faults();
    StatusCode::NO_CONTENT
}

async fn push_text(State(control): State<Control>, Json(new): Json<Text>) -> StatusCode {
    control.push_text(&new.text);
    StatusCode::NO_CONTENT
}

async fn push_frame(State(control): State<Control>, Json(new): Json<NewEvent>) -> StatusCode {
    control.push_frame(&new.topic, &new.body);
    StatusCode::NO_CONTENT
}

async fn heartbeat(State(control): State<Control>, Json(new): Json<Heartbeat>) -> StatusCode {
    control.silence_heartbeat(new.silenced);
    StatusCode::NO_CONTENT
}

async fn refuse(State(control): State<Control>, Json(new): Json<Refusal>) -> Result<StatusCode, ControlError> {
    control.refuse_channels(new.status).map(|()| StatusCode::NO_CONTENT)
}

async fn forbid(State(control): State<Control>, Json(new): Json<ForbiddenTopic>) -> StatusCode {
    control.forbid_topic(new.topic, new.missing_permission);
    StatusCode::NO_CONTENT
}

async fn permit(State(control): State<Control>) -> StatusCode {
    control.permit_topics();
    StatusCode::NO_CONTENT
}
