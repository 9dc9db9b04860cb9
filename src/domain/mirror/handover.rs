//! Transfers, of which the events of queues tell nothing: whether what is known of the legs leaves them open.

use jiff::Timestamp;
use std::collections::BTreeMap;

use super::parts::{KnownLeg, KnownTransfer, Told};
use crate::domain::legs::{Disconnect, LegState, Purpose, TransferState};

/// Whether there may be a transfer under way that nobody told of, or one that was under way may be over: only a read can tell.
pub(super) fn is_unclear(legs: &BTreeMap<String, KnownLeg>, transfers: &BTreeMap<String, KnownTransfer>) -> bool {
    is_overtaken(legs, transfers) || is_untold(legs, transfers)
}

/// A transfer was under way when it was told of, and an agent or a queue has come, taken it or gone since.
fn is_overtaken(legs: &BTreeMap<String, KnownLeg>, transfers: &BTreeMap<String, KnownTransfer>) -> bool {
    let others = legs.values().filter(|leg| matches!(leg.part.purpose, Purpose::Agent | Purpose::Acd));
    let changed = others.filter_map(|leg| leg.changed).max();
    let mut pending = transfers.values().filter(|transfer| transfer.state == TransferState::Pending);
    pending.any(|transfer| transfer.told() < changed)
}

/// An agent handed over, nobody has taken it since, and the legs alone do not show that it is on its way and where to.
fn is_untold(legs: &BTreeMap<String, KnownLeg>, transfers: &BTreeMap<String, KnownTransfer>) -> bool {
    let agents = || legs.values().filter(|leg| leg.part.purpose == Purpose::Agent);
    let gone = || agents().filter(|leg| leg.doing.state == LegState::Ended);
    let Some(from) = gone().filter(|leg| how(leg) == Some(Disconnect::Transfer)).max_by_key(|leg| leg.ended) else {
        return false;
    };
    if agents().any(|leg| leg.started > from.started && took(leg)) {
        return false;
    }
    let user = fact(from.user_id.as_ref());
    if transfers.values().any(|told| fact(told.from_user.as_ref()) == user && told.issued >= from.started) {
        return false;
    }
    let waits = |leg: &KnownLeg| {
        leg.part.purpose == Purpose::Acd && leg.doing.state != LegState::Ended && leg.queue_id.is_some()
    };
    // One who was only offered it has left later, and hides that it was handed over.
    gone().any(|leg| leg.ended > from.ended) || !legs.values().any(waits)
}

fn took(leg: &KnownLeg) -> bool {
    match leg.doing.state {
        LegState::Connected | LegState::Parked => true,
        LegState::Ended => !matches!(how(leg), Some(Disconnect::NoAnswer | Disconnect::NotAvailable)),
        LegState::Alerting | LegState::Unknown => false,
    }
}

fn how(leg: &KnownLeg) -> Option<Disconnect> {
    leg.disconnect.as_ref().map(|told| told.fact)
}

fn fact(told: Option<&Told<String>>) -> Option<&str> {
    told.map(|told| told.fact.as_str())
}

// === impl KnownTransfer ===

impl KnownTransfer {
    /// When it was last told of.
    fn told(&self) -> Option<Timestamp> {
        [&self.from_user, &self.to_user, &self.to_queue].into_iter().flatten().map(|told| told.at).max()
    }
}
