//! Who and what every case speaks of: times, customers, tabs, drops, answers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::Conversation;
use session_resumption::domain::decision::{Decision, Reason as Why, Resume, Route, StartOver};
use session_resumption::domain::error::Error;
use session_resumption::domain::ids::{AttemptId, HandshakeId, ParticipantId, TabId};
use uuid::Uuid;

pub(crate) const REPLAY_TTL: Duration = Duration::from_mins(1);
pub(crate) const NOT_FOUND_TTL: Duration = Duration::from_secs(5);
pub(crate) const CREDIT_GRACE: Duration = Duration::from_secs(30);
pub(crate) const USABLE_FOR: Duration = Duration::from_hours(24);
pub(crate) const UNCONCLUDED_FOR: Duration = Duration::from_hours(1);
pub(crate) const FRESH_FOR: Duration = Duration::from_secs(5);
pub(crate) const WRITE_FOR: Duration = Duration::from_secs(10);

pub(crate) fn start() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

pub(crate) fn plus(time: Timestamp, wait: Duration) -> Timestamp {
    time + SignedDuration::try_from(wait).unwrap()
}

pub(crate) fn who(number: usize) -> ParticipantId {
    ParticipantId::parse(&format!("customer-{number}")).unwrap()
}

pub(crate) fn tab(number: usize) -> TabId {
    TabId::parse(&format!("tab-{number}")).unwrap()
}

pub(crate) fn attempt(number: usize) -> AttemptId {
    AttemptId(Uuid::from_u128(number as u128))
}

pub(crate) fn handshake(number: u128) -> HandshakeId {
    HandshakeId(Uuid::from_u128(number))
}

pub(crate) fn resumable(as_of: Timestamp) -> Answer {
    let resume = Resume {
        reason: Why::Live,
        route: Route::ReattachAgent,
        status: "ACTIVE".to_owned(),
        agent_id: Some("maria".to_owned()),
        queue_id: None,
        target_queue_id: None,
        transfer_reason: None,
        until: None,
    };
    Answer::live(Decision::Resumable(resume), as_of)
}

pub(crate) fn start_over(reason: Why, as_of: Timestamp) -> Answer {
    Answer::live(Decision::NewRoutingRequired(StartOver { reason, status: None }), as_of)
}

pub(crate) fn is_resumable(answer: &Answer) -> bool {
    matches!(answer.decision, Decision::Resumable(_))
}

/// What everyone is told who names a handshake that is not theirs, does not exist, or is too old.
pub(crate) fn no_such_handshake() -> Error {
    Conversation::default().view(&who(0), handshake(0), None, start()).unwrap_err()
}
