//! What every case is about, and the words of legs and statuses as the table spells them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer};
use session_resumption::domain::policy::{Policy, UnknownStatus, Window, Windows};

pub(crate) const CUSTOMER: &str = "ana";

/// A clock time of the day every case happens on, or an instant of another day.
pub(crate) fn at(text: &str) -> Timestamp {
    let full = if text.contains('T') { format!("{text}Z") } else { format!("2026-03-02T{text}Z") };
    full.parse().unwrap_or_else(|why| panic!("{text:?} is no time: {why}"))
}

pub(crate) fn noon() -> Timestamp {
    at("12:00:00")
}

/// The platform's rules, with a disconnect judged by the timeline alone.
pub(crate) fn policy(timeline: Duration) -> Policy {
    let windows = Windows { disconnected: Window::Limited(timeline), ..Windows::default() };
    Policy { windows, unknown_status: UnknownStatus::Resumable }
}

pub(crate) fn conversation(all: Vec<Leg>, transfers: Vec<Transfer>) -> Legs {
    let conversation = ConversationId::parse("chat-1").unwrap();
    Legs { conversation, all, transfers, attributes: BTreeMap::new() }
}

pub(crate) fn purpose(text: &str) -> Purpose {
    match text {
        "customer" => Purpose::Customer,
        "agent" => Purpose::Agent,
        "acd" => Purpose::Acd,
        "flow" => Purpose::Flow,
        "bot" => Purpose::Bot,
        "api" => Purpose::Api,
        "other" => Purpose::Other,
        wrong => panic!("{wrong:?} is no purpose"),
    }
}

pub(crate) fn state(text: &str) -> LegState {
    match text {
        "alerting" => LegState::Alerting,
        "connected" => LegState::Connected,
        "parked" => LegState::Parked,
        "ended" => LegState::Ended,
        "unknown" => LegState::Unknown,
        wrong => panic!("{wrong:?} is no state"),
    }
}

pub(crate) fn disconnect(text: &str) -> Disconnect {
    match text {
        "transfer" => Disconnect::Transfer,
        "no-answer" => Disconnect::NoAnswer,
        "not-available" => Disconnect::NotAvailable,
        "inactivity" => Disconnect::Inactivity,
        "session-expired" => Disconnect::SessionExpired,
        "spam" => Disconnect::Spam,
        "other" => Disconnect::Other,
        "unknown" => Disconnect::Unknown,
        wrong => panic!("{wrong:?} is no way to end"),
    }
}
