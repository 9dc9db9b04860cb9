//! Answers, in the words of the proto file.

use jiff::Timestamp;

use crate::domain::answer::Source;
use crate::domain::decision::{Decision, Reason, Route};
use crate::domain::handshake::Confirmation;
use crate::domain::ids::Pair;
use crate::domain::tabs::TabRole;
use crate::pb;
use crate::pb::confirm_reattach_response::Outcome as ConfirmOutcome;
use crate::pb::inject_context_response::{Outcome as InjectOutcome, Result as MessageResult, result::Outcome as Fated};
use crate::pb::validate_session_response as answer;
use crate::service::confirm::Reattachment;
use crate::service::inject::{Fate, Injected};
use crate::service::validate::Validated;

/// The pair is told where it is given.
pub(super) fn validated(pair: Option<&Pair>, validated: Validated) -> pb::ValidateSessionResponse {
    let Validated { view, replayed, degraded } = validated;
    let decision = view.answer.decision;
    let mut response = pb::ValidateSessionResponse {
        reason: reason(decision.reason()).into(),
        handshake_id: view.handshake.map(|id| id.to_string()).unwrap_or_default(),
        replayed,
        degraded,
        source: match view.answer.source {
            Source::LiveRead => answer::Source::LiveRead,
            Source::Mirror => answer::Source::Mirror,
        }
        .into(),
        as_of_time: Some(time(view.answer.as_of)),
        undelivered_message_ids: view.answer.undelivered,
        routing_attributes: decision.routing_attributes(pair, view.handshake).into_iter().collect(),
        ..pb::ValidateSessionResponse::default()
    };
    match decision {
        Decision::Resumable(resume) => {
            response.decision = answer::Decision::Resumable.into();
            response.route = route(resume.route).into();
            // Only where there is a session is there a seat in it.
            response.tab_role = tab_role(view.seat.role).into();
            response.tab_epoch = view.seat.epoch;
            response.conversation_status = resume.status;
            response.agent_id = resume.agent_id.unwrap_or_default();
            response.queue_id = resume.queue_id.unwrap_or_default();
            response.target_queue_id = resume.target_queue_id.unwrap_or_default();
            response.transfer_reason = resume.transfer_reason.unwrap_or_default();
            response.resumable_until_time = resume.until.map(time);
        }
        Decision::NewRoutingRequired(start_over) => {
            response.decision = answer::Decision::NewRoutingRequired.into();
            response.route = answer::Route::NewRouting.into();
            response.conversation_status = start_over.status.unwrap_or_default();
        }
    }
    response
}

/// The answer to a browser that shows no valid token. Nothing was looked up; what it was about may go on once it has one.
pub(super) fn sign_in() -> pb::ValidateSessionResponse {
    let (reason, route) = (answer::Reason::NoValidToken, answer::Route::Reauthenticate);
    metrics::counter!(
        "session_resumption_decisions_total",
        "reason" => reason.as_str_name(), "route" => route.as_str_name(), "replayed" => "false"
    )
    .increment(1);
    pb::ValidateSessionResponse {
        decision: answer::Decision::NewRoutingRequired.into(),
        reason: reason.into(),
        route: route.into(),
        ..pb::ValidateSessionResponse::default()
    }
}

pub(super) fn confirmed(confirmed: Reattachment) -> pb::ConfirmReattachResponse {
    let mut response = pb::ConfirmReattachResponse::default();
    match confirmed {
        Reattachment::Confirmed { confirmation: Confirmation { count, time: at, agent_id, .. }, replayed } => {
            response.outcome = ConfirmOutcome::Confirmed.into();
            response.agent_id = agent_id.unwrap_or_default();
            // The counter ends at the largest value the field can show.
            response.resumption_count = i32::try_from(count).unwrap_or(i32::MAX);
            response.last_resumption_time = Some(time(at));
            response.replayed = replayed;
        }
        Reattachment::NotReattached { retry_delay } => {
            response.outcome = ConfirmOutcome::NotReattached.into();
            response.retry_delay = prost_types::Duration::try_from(retry_delay).ok();
        }
        Reattachment::SessionEnded => response.outcome = ConfirmOutcome::SessionEnded.into(),
    }
    response
}

pub(super) fn injected(request: &pb::InjectContextRequest, injected: Injected) -> pb::InjectContextResponse {
    let outcome = match (injected.is_complete(), injected.injectable) {
        (true, _) => InjectOutcome::Complete,
        (false, true) => InjectOutcome::Incomplete,
        (false, false) => InjectOutcome::NotInjectable,
    };
    let ids = request.messages.iter().map(|message| message.client_message_id.clone());
    pb::InjectContextResponse {
        outcome: outcome.into(),
        marker_result: injected.marker.map(|fate| fated(String::new(), fate)),
        results: ids.zip(injected.messages).map(|(id, fate)| fated(id, fate)).collect(),
    }
}

fn fated(client_message_id: String, fate: Fate) -> MessageResult {
    let (outcome, message_id) = match fate {
        Fate::Injected(id) => (Fated::Injected, id),
        Fate::AlreadyPresent(id) => (Fated::AlreadyPresent, id),
        Fate::Unknown => (Fated::Unknown, String::new()),
        Fate::NotAttempted => (Fated::NotAttempted, String::new()),
        Fate::NotSupported => (Fated::NotSupported, String::new()),
    };
    MessageResult { client_message_id, outcome: outcome.into(), message_id }
}

fn reason(reason: Reason) -> answer::Reason {
    match reason {
        Reason::WithinWindow => answer::Reason::WithinWindow,
        Reason::WindowExpired => answer::Reason::WindowExpired,
        Reason::Live => answer::Reason::Live,
        Reason::InTransfer => answer::Reason::InTransfer,
        Reason::InQueue => answer::Reason::InQueue,
        Reason::Ended => answer::Reason::Ended,
        Reason::SessionNotFound => answer::Reason::SessionNotFound,
        Reason::UnknownStatus => answer::Reason::UnknownStatus,
    }
}

fn route(route: Route) -> answer::Route {
    match route {
        Route::ReattachAgent => answer::Route::ReattachAgent,
        Route::TransferQueue => answer::Route::TransferQueue,
        Route::WaitInQueue => answer::Route::WaitInQueue,
    }
}

fn tab_role(role: Option<TabRole>) -> answer::TabRole {
    match role {
        None => answer::TabRole::Unspecified,
        Some(TabRole::Active) => answer::TabRole::Active,
        Some(TabRole::Suspended) => answer::TabRole::Suspended,
    }
}

pub(super) fn time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}
