//! The status that the platform does not tell, derived from the legs of a conversation.

use std::time::Duration;

use jiff::Timestamp;

use super::legs::{Leg, LegState, Legs, Purpose};
use super::snapshot::{Participant, Role, Snapshot, Status};

/// Derives what a conversation is doing. Total; `now` is the platform's time, and `timeline` how long after its end a message may
/// still reopen a conversation.
pub fn derive(seen: &Legs, timeline: Duration, now: Timestamp) -> Snapshot {
    let status = status(seen, timeline, now);
    Snapshot {
        conversation: seen.conversation.clone(),
        status,
        status_text: name(status).to_owned(),
        updated: seen.changed(),
        participants: seen.all.iter().map(participant).collect(),
        queue_id: None,
        target_queue_id: None,
        transfer_reason: None,
        attributes: seen.attributes.clone(),
        contact_id: None,
    }
}

fn status(seen: &Legs, _timeline: Duration, _now: Timestamp) -> Status {
    if seen.all.iter().any(Leg::is_live) { Status::Active } else { Status::Disconnected }
}

fn participant(leg: &Leg) -> Participant {
    Participant {
        id: leg.id.clone(),
        role: match leg.purpose {
            Purpose::Customer => Role::Customer,
            Purpose::Agent => Role::Agent,
            Purpose::Flow | Purpose::Bot | Purpose::Api => Role::System,
            Purpose::Acd | Purpose::Other => Role::Other,
        },
        active: leg.state == LegState::Connected && leg.is_live(),
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
