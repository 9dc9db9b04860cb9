//! [`PlatformControl`] over HTTP, under `/_sim/platform/`: one route per operation.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    ControlError,
    platform::{CreatedPlatform, NewPlatformConversation, PlatformControl, PlatformMessage, Said},
};

type Reply<T> = Result<T, ControlError>;

pub(crate) fn router<S>(control: PlatformControl) -> Router<S> {
    Router::new()
        .route("/conversations", post(create))
        .route("/conversations/{id}", get(conversation).put(put_raw).delete(forget))
        .route("/conversations/{id}/transcript", get(transcript))
        .route("/conversations/{id}/{operation}", post(operate))
        .route("/conversations/{id}/away", put(set_away))
        .with_state(control)
}

/// The bodies of the operations; each takes one of these or none.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Operands {
    queue_id: Option<String>,
    agent_user_id: Option<String>,
    text: Option<String>,
    resume_after_s: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Away {
    away: bool,
}

async fn create(
    State(control): State<PlatformControl>,
    Json(new): Json<NewPlatformConversation>,
) -> Reply<(StatusCode, Json<CreatedPlatform>)> {
    Ok((StatusCode::CREATED, Json(control.create(new)?)))
}

async fn conversation(State(control): State<PlatformControl>, Path(id): Path<String>) -> Reply<Json<Value>> {
    control.conversation(&id).map(Json)
}

async fn put_raw(
    State(control): State<PlatformControl>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> StatusCode {
    control.put(id, body);
    StatusCode::NO_CONTENT
}

async fn forget(State(control): State<PlatformControl>, Path(id): Path<String>) -> Reply<StatusCode> {
    control.forget(&id).map(|()| StatusCode::NO_CONTENT)
}

async fn transcript(
    State(control): State<PlatformControl>,
    Path(id): Path<String>,
) -> Reply<Json<Vec<PlatformMessage>>> {
    control.transcript(&id).map(Json)
}

async fn set_away(
    State(control): State<PlatformControl>,
    Path(id): Path<String>,
    Json(Away { away }): Json<Away>,
) -> Reply<StatusCode> {
    control.set_away(&id, away).map(|()| StatusCode::NO_CONTENT)
}

async fn operate(
    State(control): State<PlatformControl>,
    Path((id, operation)): Path<(String, String)>,
    operands: Option<Json<Operands>>,
) -> Reply<(StatusCode, Json<Value>)> {
    let operands = operands.map(|Json(operands)| operands).unwrap_or_default();
    let done = |()| json!({});
    let answer = match &*operation {
        "queue" => control.queue(&id, required(operands.queue_id.as_deref())?).map(done),
        "bot" => control.join_bot(&id).map(done),
        "offer" => control.offer(&id, required(operands.agent_user_id.as_deref())?).map(done),
        "no-answer" => control.no_answer(&id).map(done),
        "answer" => control.answer(&id, required(operands.agent_user_id.as_deref())?).map(done),
        "transfer" => control.transfer(&id, required(operands.queue_id.as_deref())?).map(done),
        "complete-transfer" => {
            control.complete_transfer(&id, required(operands.agent_user_id.as_deref())?).map(done)
        }
        "park" => control.park(&id, Duration::from_secs(required(operands.resume_after_s)?)).map(done),
        "unpark" => control.unpark(&id).map(done),
        "inactivity" => control.inactivity(&id).map(done),
        "agent-end" => control.agent_ends(&id).map(done),
        "expire-session" => control.expire_session(&id).map(done),
        "clear" => control.clear(&id).map(done),
        "customer-message" => control.customer_message(&id, required(operands.text)?).map(|Said { message_id, conversation_id }| {
            json!({"message_id": message_id, "conversation_id": conversation_id})
        }),
        "agent-message" => control.agent_message(&id, required(operands.text)?).map(|id| json!({"message_id": id})),
        "bot-message" => control.bot_message(&id, required(operands.text)?).map(|id| json!({"message_id": id})),
        _ => Err(ControlError::NotFound),
    }?;
    Ok((StatusCode::OK, Json(answer)))
}

fn required<T>(operand: Option<T>) -> Result<T, ControlError> {
    operand.ok_or(ControlError::Invalid("an operand is missing"))
}
