//! Carries out an admitted call, with the fault scripted for it played around its effect.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use tokio::time::sleep;

use crate::{
    Fault, Route,
    answer::{Answer, Delivery},
    ledger::Outcome,
    world::{Shared, World},
};

pub(crate) async fn perform(
    shared: &Shared,
    route: Route,
    fault: Option<Fault>,
    outcome: &mut Outcome,
    effect: impl FnOnce(&mut World, &mut Outcome) -> Answer,
) -> Delivery {
    outcome.faulted = fault.is_some();
    let apply = || effect(&mut shared.world(), outcome);
    match fault {
        None => Delivery::Whole(apply()),
        Some(Fault::Status { code, retry_after_s, after_effect }) => {
            if after_effect {
                apply();
            }
            Delivery::Whole(failure(route, code, retry_after_s))
        }
        Some(Fault::Delay { ms, after_effect: false }) => {
            sleep(Duration::from_millis(ms)).await;
            Delivery::Whole(apply())
        }
        Some(Fault::Delay { ms, after_effect: true }) => {
            let answer = apply();
            sleep(Duration::from_millis(ms)).await;
            Delivery::Whole(answer)
        }
        Some(Fault::Reset { after_effect }) => {
            if after_effect {
                apply();
            }
            Delivery::Reset
        }
        Some(Fault::Truncate) => Delivery::Truncated(apply()),
        Some(Fault::Malformed) => {
            apply();
            Delivery::Whole(Answer::malformed())
        }
        Some(Fault::Body { status, content_type, body }) => {
            let content_type = HeaderValue::try_from(content_type).unwrap_or(HeaderValue::from_static("text/plain"));
            Delivery::Whole(Answer::raw(status_of(status), content_type, body))
        }
        Some(Fault::Hang { ms }) => {
            sleep(Duration::from_millis(ms)).await;
            Delivery::Whole(failure(route, 504, None))
        }
    }
}

/// The usual answer of this status, in the words of the host that gives it.
fn failure(route: Route, code: u16, retry_after_s: Option<u64>) -> Answer {
    let status = status_of(code);
    let message = status.canonical_reason().unwrap_or("scripted fault");
    let answer = match route {
        Route::Token => Answer::oauth_error(status, message),
        _ => Answer::error(status, message),
    };
    match retry_after_s {
        Some(seconds) => answer.with(RETRY_AFTER, seconds.into()),
        None => answer,
    }
}

/// Scripts are checked when they are queued; the fallback only spares a panic.
fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
