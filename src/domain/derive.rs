//! The status that the platform does not tell, derived from the legs of a conversation. The table, and what was decided where it
//! leaves something open, is in docs/platform.md, "Derived state".

mod course;
mod status;

use std::time::Duration;

use jiff::Timestamp;

use self::course::Course;
use super::legs::{Disconnect, Leg, LegState, Legs, Purpose};
use super::snapshot::{Participant, Role, Snapshot, Status};

/// Derives what a conversation is doing. Total; `now` is the platform's time, and `timeline` how long after its end a message may
/// still reopen a conversation.
pub fn derive(seen: &Legs, timeline: Duration, now: Timestamp) -> Snapshot {
    let course = Course::of(seen);
    let status = status::of(&course, timeline, now);
    let agent = hands_over(&course, status).or_else(|| serves(&course));
    Snapshot {
        conversation: seen.conversation.clone(),
        status,
        status_text: name(status).to_owned(),
        updated: seen.changed(),
        participants: seen.all.iter().map(|leg| participant(leg, agent)).collect(),
        queue_id: queue(&course),
        target_queue_id: (status == Status::Transfer).then(|| target(&course, agent)).flatten(),
        transfer_reason: None,
        attributes: seen.attributes.clone(),
        contact_id: course.newest(|leg| leg.purpose == Purpose::Customer).and_then(|leg| leg.contact_id.clone()),
    }
}

/// In a transfer, the agent who hands over: the one that it names, else the one whose leg ended by it.
fn hands_over<'a>(course: &Course<'a>, status: Status) -> Option<&'a Leg> {
    if status != Status::Transfer {
        return None;
    }
    let Some(transfer) = course.transfer() else { return course.left() };
    let user = transfer.from_user.as_ref()?;
    course.newest(|leg| leg.purpose == Purpose::Agent && leg.user_id.as_ref() == Some(user))
}

/// The agent to go back to. An agent who reconnects has a new leg, so the newest is the right one; who was only offered the
/// conversation, or did not answer, has served nobody.
fn serves<'a>(course: &Course<'a>) -> Option<&'a Leg> {
    let agent = |leg: &Leg| leg.purpose == Purpose::Agent;
    let unanswered = |leg: &Leg| {
        leg.state == LegState::Alerting
            || !leg.is_live() && matches!(leg.disconnect, Some(Disconnect::NoAnswer | Disconnect::NotAvailable))
    };
    course
        .newest(|leg| agent(leg) && leg.is_connected())
        .or_else(|| course.newest(|leg| agent(leg) && leg.is_parked()))
        .or_else(|| course.newest(|leg| agent(leg) && !unanswered(leg)))
}

/// The queue it waits in, else the one it came through.
fn queue(course: &Course<'_>) -> Option<String> {
    let of = |purpose: Purpose| move |leg: &Leg| leg.purpose == purpose && leg.queue_id.is_some();
    course
        .newest(|leg| of(Purpose::Acd)(leg) && leg.is_live())
        .or_else(|| course.newest(of(Purpose::Agent)))
        .or_else(|| course.newest(of(Purpose::Acd)))
        .and_then(|leg| leg.queue_id.clone())
}

/// Where a transfer goes: to the queue that has it already, else to the one it was asked for.
fn target(course: &Course<'_>, agent: Option<&Leg>) -> Option<String> {
    let waits = course.newest(|leg| leg.purpose == Purpose::Acd && leg.is_live() && leg.queue_id.is_some());
    if let Some(leg) = waits {
        return leg.queue_id.clone();
    }
    let asked = course.transfer().or_else(|| course.transfer_by(agent?));
    asked.and_then(|transfer| transfer.to_queue.clone())
}

fn participant(leg: &Leg, agent: Option<&Leg>) -> Participant {
    Participant {
        id: leg.id.clone(),
        role: match leg.purpose {
            Purpose::Customer => Role::Customer,
            // Only one agent is the one to go back to, and a snapshot's own choice among several cannot know which.
            Purpose::Agent if agent.is_some_and(|agent| std::ptr::eq(agent, leg)) => Role::Agent,
            Purpose::Flow | Purpose::Bot => Role::System,
            // Nobody is at the other end of the API: what writes there may be ourselves.
            Purpose::Agent | Purpose::Api | Purpose::Acd | Purpose::Other => Role::Other,
        },
        active: match leg.purpose {
            // A drop of the network changes nothing in the customer's leg, so it is there unless it is over.
            Purpose::Customer => leg.is_live(),
            _ => leg.is_connected(),
        },
        updated: leg.changed,
        user_id: leg.user_id.clone(),
        agent_id: None,
        queue_id: leg.queue_id.clone(),
    }
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Active => "ACTIVE",
        Status::Disconnected => "DISCONNECTED",
        Status::Transfer => "TRANSFER",
        Status::Queue => "QUEUE",
        Status::Reroute => "REROUTE",
        Status::Parked => "PARKED",
        Status::Terminated => "TERMINATED",
        Status::Unknown => "UNKNOWN",
    }
}
