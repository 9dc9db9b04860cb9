//! The decision: back to the same conversation, or a new start.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ids::{HandshakeId, Pair, ParticipantId};
use super::policy::{Policy, UnknownStatus, Window};
use super::snapshot::{Snapshot, Status};
use super::time::{after, until};

/// Why a decision fell as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Disconnected, and not for too long.
    WithinWindow,
    /// Unchanged for longer than its window.
    WindowExpired,
    /// Live with an agent.
    Live,
    /// Being transferred.
    InTransfer,
    /// Waiting in a queue.
    InQueue,
    /// Over.
    Ended,
    /// No such conversation, or this customer is not in it: one reason for both.
    SessionNotFound,
    /// A status nobody knows.
    UnknownStatus,
}

// === impl Reason ===

impl Reason {
    /// The wire name of a decision's reason.
    pub fn wire(self) -> &'static str {
        match self {
            Self::WithinWindow => "WITHIN_WINDOW",
            Self::WindowExpired => "WINDOW_EXPIRED",
            Self::Live => "LIVE",
            Self::InTransfer => "IN_TRANSFER",
            Self::InQueue => "IN_QUEUE",
            Self::Ended => "ENDED",
            Self::SessionNotFound => "SESSION_NOT_FOUND",
            Self::UnknownStatus => "UNKNOWN_STATUS",
        }
    }
}

/// What the flow must do with a customer who resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// Attach to the agent named.
    ReattachAgent,
    /// Route to the queue the transfer aims at.
    TransferQueue,
    /// Keep the place in the queue; send nothing.
    WaitInQueue,
}

// === impl Route ===

impl Route {
    /// The wire name of a route.
    pub fn wire(self) -> &'static str {
        match self {
            Self::ReattachAgent => "REATTACH_AGENT",
            Self::TransferQueue => "TRANSFER_QUEUE",
            Self::WaitInQueue => "WAIT_IN_QUEUE",
        }
    }
}

/// Back to the same conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resume {
    /// Why.
    pub reason: Reason,
    /// What the flow must do.
    pub route: Route,
    /// Upstream's spelling of the status.
    pub status: String,
    /// The agent to go back to.
    pub agent_id: Option<String>,
    /// The conversation's queue.
    pub queue_id: Option<String>,
    /// Where a transfer goes; only on [`Route::TransferQueue`].
    pub target_queue_id: Option<String>,
    /// Why it is being transferred; only in a transfer.
    pub transfer_reason: Option<String>,
    /// Until when the answer holds if nothing changes; absent when the window is unlimited.
    pub until: Option<Timestamp>,
}

/// A new start. It carries no agent and no queue: there is nothing to go back to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StartOver {
    /// Why.
    pub reason: Reason,
    /// Upstream's spelling of the status, where one was read.
    pub status: Option<String>,
}

/// The answer to "may this customer go back?".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Decision {
    /// RESUMABLE.
    Resumable(Resume),
    /// `NEW_ROUTING_REQUIRED`.
    NewRoutingRequired(StartOver),
}

/// The facts about the request that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who wants to come back.
    pub participant: &'a ParticipantId,
    /// How long we ourselves held this request back; the conversation is judged as of that much earlier.
    pub held: Duration,
}

/// The conversation has a window but no usable `updatedTime`: nobody may be sent away on such ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the conversation carries no usable updatedTime")]
pub struct Unjudgeable;

/// How long ago the conversation changed. Never negative: a clock that is ahead makes nobody older.
pub fn age(updated: Timestamp, now: Timestamp) -> Duration {
    until(updated, now)
}

/// Decides. Total over every input; no snapshot means that nothing of that name exists, and `now` is upstream's clock.
pub fn decide(
    policy: &Policy,
    snapshot: Option<&Snapshot>,
    request: Request<'_>,
    now: Timestamp,
) -> Result<Decision, Unjudgeable> {
    let Some(snapshot) = snapshot else { return Ok(start_over(Reason::SessionNotFound, None)) };
    if snapshot.customer(request.participant).is_none() {
        // The status is withheld: an answer must not tell "not yours" from "does not exist".
        return Ok(start_over(Reason::SessionNotFound, None));
    }
    let judged_at = judged_at(snapshot.updated, request.held, now);
    match snapshot.status {
        Status::Terminated => Ok(start_over(Reason::Ended, Some(snapshot))),
        Status::Unknown => match policy.unknown_status {
            UnknownStatus::NewRouting => Ok(start_over(Reason::UnknownStatus, Some(snapshot))),
            UnknownStatus::Resumable => Ok(resume(snapshot, Reason::UnknownStatus, back_to_agent(snapshot), None)),
        },
        status => {
            let window = policy.window(status).unwrap_or(Window::Unlimited);
            let Judged::Holds(until) = judge(window, snapshot.updated, judged_at)? else {
                return Ok(start_over(Reason::WindowExpired, Some(snapshot)));
            };
            let (reason, route) = match status {
                Status::Disconnected => (Reason::WithinWindow, back_to_agent(snapshot)),
                Status::Transfer if snapshot.target_queue_id.is_some() => (Reason::InTransfer, Route::TransferQueue),
                Status::Transfer => (Reason::InTransfer, Route::WaitInQueue),
                Status::Queue | Status::Reroute => (Reason::InQueue, Route::WaitInQueue),
                _ => (Reason::Live, back_to_agent(snapshot)),
            };
            Ok(resume(snapshot, reason, route, until))
        }
    }
}

/// The instant a request is judged at. Time we held it back does not count, unless the conversation changed in the meantime:
/// then the held request was about a state that is gone.
fn judged_at(updated: Option<Timestamp>, held: Duration, now: Timestamp) -> Timestamp {
    let arrived =
        SignedDuration::try_from(held).ok().and_then(|held| now.checked_sub(held).ok()).unwrap_or(Timestamp::MIN);
    if updated.is_some_and(|updated| updated > arrived) { now } else { arrived }
}

/// What a window says.
enum Judged {
    /// It has passed.
    Passed,
    /// It holds until then; for ever if there is no limit.
    Holds(Option<Timestamp>),
}

fn judge(window: Window, updated: Option<Timestamp>, judged_at: Timestamp) -> Result<Judged, Unjudgeable> {
    let Window::Limited(window) = window else { return Ok(Judged::Holds(None)) };
    let updated = updated.ok_or(Unjudgeable)?;
    if age(updated, judged_at) > window {
        return Ok(Judged::Passed);
    }
    Ok(Judged::Holds(Some(after(updated, window))))
}

/// To the agent, or, for a customer nobody has served yet, back to waiting.
fn back_to_agent(snapshot: &Snapshot) -> Route {
    if snapshot.agent().is_none() && snapshot.queue_id().is_some() { Route::WaitInQueue } else { Route::ReattachAgent }
}

fn resume(snapshot: &Snapshot, reason: Reason, route: Route, until: Option<Timestamp>) -> Decision {
    let in_transfer = snapshot.status == Status::Transfer;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Decision::Resumable(Resume {
        reason,
        route,
        status: snapshot.status_text.clone(),
        agent_id: owned(snapshot.agent_id()),
        queue_id: owned(snapshot.queue_id()),
        target_queue_id: snapshot.target_queue_id.clone().filter(|_| in_transfer),
        transfer_reason: snapshot.transfer_reason.clone().filter(|_| in_transfer),
        until,
    })
}

fn start_over(reason: Reason, snapshot: Option<&Snapshot>) -> Decision {
    Decision::NewRoutingRequired(StartOver { reason, status: snapshot.map(|s| s.status_text.clone()) })
}

// === impl Decision ===

impl Decision {
    /// Why it fell as it did.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Resumable(resume) => resume.reason,
            Self::NewRoutingRequired(start_over) => start_over.reason,
        }
    }

    /// Exactly the data attributes the flow's start takes, in the guide's spelling. Absent values have no key; a new start
    /// carries nothing that could lead a flow back. The pair is left out for callers who must not learn it.
    pub fn routing_attributes(&self, pair: Option<&Pair>, handshake: Option<HandshakeId>) -> BTreeMap<String, String> {
        let mut attributes = BTreeMap::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                attributes.insert(key.to_owned(), value);
            }
        };
        match self {
            Self::Resumable(resume) => {
                put("resume", Some("true".to_owned()));
                put("conversationId", pair.map(|pair| pair.conversation.to_string()));
                put("participantId", pair.map(|pair| pair.participant.to_string()));
                put("handshakeId", handshake.map(|id| id.to_string()));
                put("agentId", resume.agent_id.clone());
                put("conversationStatus", Some(resume.status.clone()));
                put("queueId", resume.queue_id.clone());
                put("targetQueueId", resume.target_queue_id.clone());
                put("transferReason", resume.transfer_reason.clone());
            }
            Self::NewRoutingRequired(start_over) => {
                put("resume", Some("false".to_owned()));
                put("conversationStatus", start_over.status.clone());
            }
        }
        attributes
    }
}
