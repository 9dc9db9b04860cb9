//! [`Control`] over HTTP, under `/_sim/`: one route per operation, neither authenticated nor counted.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Control, ControlError, Conversation, Created, FaultScript, LedgerEntry, Message, NewConversation, Status, channels,
    guest, platform,
};

type Reply<T> = Result<T, ControlError>;

pub(crate) fn router<S>(control: Control) -> Router<S> {
    Router::new()
        .route("/conversations", post(create_conversation))
        .route("/conversations/{id}", get(conversation).delete(forget))
        .route("/conversations/{id}/transcript", get(transcript))
        .route("/conversations/{id}/drop-customer", post(drop_customer))
        .route("/conversations/{id}/attach", post(attach))
        .route("/conversations/{id}/transfer", post(transfer))
        .route("/conversations/{id}/complete-transfer", post(complete_transfer))
        .route("/conversations/{id}/queue", post(queue))
        .route("/conversations/{id}/reroute", post(reroute))
        .route("/conversations/{id}/terminate", post(terminate))
        .route("/conversations/{id}/customer-message", post(customer_message))
        .route("/conversations/{id}/agent-message", post(agent_message))
        .route("/conversations/{id}/status", put(set_status))
        .route("/conversations/{id}/attributes/{key}", put(set_attribute))
        .route("/clock", get(now))
        .route("/clock/advance", post(advance))
        .route("/tokens/expire", post(expire_tokens))
        .route("/rate-limit", put(set_rate_limit))
        .route("/missing-permissions", put(set_missing_permissions))
        .route("/mint-limit", put(set_mint_limit))
        .route("/transcript-support", put(set_transcript_support))
        .route("/faults", post(script_fault).delete(clear_faults))
        .route("/ledger", get(ledger).delete(clear_ledger))
        .merge(channels::admin_router())
        .merge(guest::admin_router())
        .nest("/platform", platform::admin::router(control.platform()))
        .with_state(control)
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
        };
        (status, Json(json!({"message": self.to_string()}))).into_response()
    }
}

// === conversations ===

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attach {
    #[serde(default)]
    agent_user_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    target_queue_id: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompleteTransfer {
    agent_user_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Queue {
    queue_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeValue {
    value: String,
}

async fn create_conversation(
    State(control): State<Control>,
    Json(new): Json<NewConversation>,
) -> Reply<(StatusCode, Json<Created>)> {
    Ok((StatusCode::CREATED, Json(control.create_conversation(new)?)))
}

async fn conversation(State(control): State<Control>, Path(id): Path<String>) -> Reply<Json<Conversation>> {
    control.conversation(&id).map(Json)
}

async fn transcript(State(control): State<Control>, Path(id): Path<String>) -> Reply<Json<Vec<Message>>> {
    control.transcript(&id).map(Json)
}

async fn forget(State(control): State<Control>, Path(id): Path<String>) -> Reply<StatusCode> {
    control.forget(&id).map(done)
}

async fn drop_customer(State(control): State<Control>, Path(id): Path<String>) -> Reply<StatusCode> {
    control.drop_customer(&id).map(done)
}

async fn attach(State(control): State<Control>, Path(id): Path<String>, Json(to): Json<Attach>) -> Reply<StatusCode> {
    control.attach(&id, to.agent_user_id.as_deref()).map(done)
}

async fn transfer(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(to): Json<Transfer>,
) -> Reply<StatusCode> {
    control.transfer(&id, to.target_queue_id, to.reason).map(done)
}

async fn complete_transfer(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(by): Json<CompleteTransfer>,
) -> Reply<StatusCode> {
    control.complete_transfer(&id, &by.agent_user_id).map(done)
}

async fn queue(State(control): State<Control>, Path(id): Path<String>, Json(to): Json<Queue>) -> Reply<StatusCode> {
    control.queue(&id, to.queue_id).map(done)
}

async fn reroute(State(control): State<Control>, Path(id): Path<String>, Json(to): Json<Queue>) -> Reply<StatusCode> {
    control.reroute(&id, to.queue_id).map(done)
}

async fn terminate(State(control): State<Control>, Path(id): Path<String>) -> Reply<StatusCode> {
    control.terminate(&id).map(done)
}

async fn customer_message(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(said): Json<Text>,
) -> Reply<Json<Value>> {
    control.customer_message(&id, said.text).map(|id| Json(json!({"id": id})))
}

async fn agent_message(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(said): Json<Text>,
) -> Reply<Json<Value>> {
    control.agent_message(&id, said.text).map(|id| Json(json!({"id": id})))
}

async fn set_status(
    State(control): State<Control>,
    Path(id): Path<String>,
    Json(new): Json<NewStatus>,
) -> Reply<StatusCode> {
    control.set_status(&id, new.status).map(done)
}

async fn set_attribute(
    State(control): State<Control>,
    Path((id, key)): Path<(String, String)>,
    Json(new): Json<AttributeValue>,
) -> Reply<StatusCode> {
    control.set_attribute(&id, key, new.value).map(done)
}

// === the simulator ===

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimit {
    requests_per_minute: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MissingPermissions {
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MintLimit {
    #[serde(default)]
    mints_per_minute: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TranscriptSupport {
    supported: bool,
}

async fn now(State(control): State<Control>) -> Json<Value> {
    Json(json!({"now": format!("{:.3}", control.now())}))
}

async fn advance(State(control): State<Control>, Json(by): Json<Advance>) -> Json<Value> {
    control.advance(Duration::from_millis(by.ms));
    now(State(control)).await
}

async fn expire_tokens(State(control): State<Control>) -> StatusCode {
    control.expire_tokens();
    StatusCode::NO_CONTENT
}

async fn set_rate_limit(State(control): State<Control>, Json(limit): Json<RateLimit>) -> StatusCode {
    control.set_rate_limit(limit.requests_per_minute);
    StatusCode::NO_CONTENT
}

async fn set_missing_permissions(
    State(control): State<Control>,
    Json(missing): Json<MissingPermissions>,
) -> StatusCode {
    control.set_missing_permissions(missing.permissions);
    StatusCode::NO_CONTENT
}

async fn set_mint_limit(State(control): State<Control>, Json(limit): Json<MintLimit>) -> StatusCode {
    control.set_mint_limit(limit.mints_per_minute);
    StatusCode::NO_CONTENT
}

async fn set_transcript_support(State(control): State<Control>, Json(support): Json<TranscriptSupport>) -> StatusCode {
    control.set_transcript_support(support.supported);
    StatusCode::NO_CONTENT
}

async fn script_fault(State(control): State<Control>, Json(script): Json<FaultScript>) -> Reply<StatusCode> {
    control.script_fault(script).map(done)
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.clear_faults();
    StatusCode::NO_CONTENT
}

async fn ledger(State(control): State<Control>) -> Json<Vec<LedgerEntry>> {
    Json(control.ledger())
}

async fn clear_ledger(State(control): State<Control>) -> StatusCode {
    control.clear_ledger();
    StatusCode::NO_CONTENT
}

fn done((): ()) -> StatusCode {
    StatusCode::NO_CONTENT
}
