//! The customer, the conversation and the day that every case is about.

use jiff::Timestamp;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::snapshot::{Participant, Role};
use uuid::Uuid;

pub(crate) const CUSTOMER: &str = "ana";
pub(crate) const CONVERSATION: &str = "chat-1";
pub(crate) const HANDSHAKE: HandshakeId = HandshakeId(Uuid::from_u128(0x7b8f_7a3e_3c1c_4d58_9d5e_0a6c_3f4f_2b11));

/// A clock time of the day every case happens on.
pub(crate) fn at(clock: &str) -> Timestamp {
    format!("2026-03-02T{clock}Z").parse().unwrap_or_else(|why| panic!("{clock:?} is not a time of day: {why}"))
}

pub(crate) fn noon() -> Timestamp {
    at("12:00:00")
}

pub(crate) fn customer(id: &str) -> Participant {
    Participant {
        id: id.to_owned(),
        role: Role::Customer,
        active: false,
        updated: None,
        user_id: None,
        agent_id: None,
        queue_id: None,
    }
}
