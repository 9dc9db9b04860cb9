//! `POST /events/genesys`: what the platform pushes, by EventBridge or by a workflow's data action.

mod envelope;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::HeaderName;
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use serde_json::{Value, json};
use tonic::Status;

use self::envelope::Envelope;
use super::connect::{self, media_type};
use crate::domain::error::{Error, Reason, Violation};
use crate::ports::EventError;
use crate::service::events::{Events, Taken};

/// The largest body. An event is a few KiB, and a hundred of them fit.
const MAX_BODY_BYTES: usize = 256 * 1024;

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The route. It stands there without events too, and says so.
pub(super) fn router(events: Option<Events>) -> Router {
    Router::new().route("/events/genesys", post(take)).with_state(events)
}

async fn take(State(events): State<Option<Events>>, request: Request) -> Response {
    let Some(events) = events else { return no_events_here() };
    if media_type::of(request.headers()).as_deref() != Some("application/json") {
        return unsupported_media_type();
    }
    if let Err(status) = connect::check_headers(request.headers()) {
        return connect::response(&status);
    }
    let answer = async {
        let envelope = envelope::read(read(request).await?).map_err(|error| refused(&[(None, error)]))?;
        match envelope {
            Envelope::One(event) => told(events.take(vec![event]).await?, |_| None),
            Envelope::List(list) => told(events.take(list).await?, Some),
        }
    };
    answer.await.map_or_else(connect::answer, |answer| Json(answer).into_response())
}

/// The body as JSON.
async fn read(request: Request) -> Result<Value, Error> {
    let too_large = || {
        let message = "the request is larger than 256 KiB; send fewer events at once";
        Error::new(Reason::RequestTooLarge, message)
    };
    let body = request.into_body();
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    // Whatever else cuts a body off, a layer tells.
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| too_large())?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // Where, but not what: the parser's own words quote the request.
        let message =
            format!("the request is not JSON: it is wrong at line {}, column {}", error.line(), error.column());
        Error::new(Reason::MalformedRequest, message)
    })
}

/// What became of the events. Where none could be understood, the request is at fault.
fn told(taken: Taken, place: impl Fn(usize) -> Option<usize>) -> Result<Value, Error> {
    let Taken { accepted, ignored, stale, refused } = taken;
    if accepted + ignored + stale == 0 && !refused.is_empty() {
        let refused: Vec<_> = refused.into_iter().map(|(at, error)| (place(at), error)).collect();
        return Err(self::refused(&refused));
    }
    let refused: Vec<Value> = refused
        .into_iter()
        .map(|(index, EventError { field, problem })| json!({"index": index, "field": field, "problem": problem}))
        .collect();
    Ok(json!({"accepted": accepted, "ignored": ignored, "stale": stale, "refused": refused}))
}

/// Events that cannot be understood, those of a list with their places.
fn refused(errors: &[(Option<usize>, EventError)]) -> Error {
    let violation = |(place, EventError { field, problem }): &(Option<usize>, EventError)| Violation {
        field: place.map_or_else(|| (*field).to_owned(), |place| format!("events[{place}].{field}")),
        reason: Reason::MalformedRequest,
        description: (*problem).to_owned(),
    };
    Error::invalid(errors.iter().map(violation).collect())
}

fn unsupported_media_type() -> Response {
    let error = Error::new(Reason::MalformedRequest, "the content type must be application/json");
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, [(ACCEPT_POST, JSON)], connect::answer(error)).into_response()
}

fn no_events_here() -> Response {
    let status = Status::unimplemented("no events are taken here: mirror.webhook is off");
    (StatusCode::NOT_FOUND, connect::response(&status)).into_response()
}
