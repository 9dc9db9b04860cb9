//! The guests' part of [`Control`] over HTTP: `/_sim/guests/...`.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{delete, get, post},
};

use super::GuestState;
use crate::{Control, ControlError};

pub(crate) fn router() -> Router<Control> {
    Router::new()
        .route("/guests/{token}", get(state))
        .route("/guests/{token}/sockets", delete(cut))
        .route("/guests/{token}/expire", post(expire))
}

async fn state(State(control): State<Control>, Path(token): Path<String>) -> Result<Json<GuestState>, ControlError> {
    control.guest(&token).map(Json)
}

async fn cut(State(control): State<Control>, Path(token): Path<String>) -> StatusCode {
    control.cut_guest(&token);
    StatusCode::NO_CONTENT
}

async fn expire(State(control): State<Control>, Path(token): Path<String>) -> Result<StatusCode, ControlError> {
    control.expire_guest(&token).map(|()| StatusCode::NO_CONTENT)
}
