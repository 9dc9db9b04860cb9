//! The course of a conversation: its legs in the order they began, and what of them belongs to an earlier round.

use jiff::Timestamp;

use crate::domain::legs::{Leg, Legs, Purpose, Transfer, TransferState};

/// A conversation's legs and transfers in order.
pub(super) struct Course<'a> {
    /// Oldest first; of equals, the platform's order.
    legs: Vec<&'a Leg>,
    /// Oldest first, likewise.
    transfers: Vec<&'a Transfer>,
    /// When the customer came back to a conversation in which all was over.
    reopened: Option<Timestamp>,
}

// === impl Course ===

impl<'a> Course<'a> {
    pub(super) fn of(seen: &'a Legs) -> Self {
        let mut legs: Vec<&Leg> = seen.all.iter().collect();
        legs.sort_by_key(|leg| leg.started.or(leg.ended).or(leg.changed));
        let mut transfers: Vec<&Transfer> = seen.transfers.iter().collect();
        transfers.sort_by_key(|transfer| transfer.issued);
        let reopened = reopened(&legs);
        Self { legs, transfers, reopened }
    }

    /// The newest leg of a kind.
    pub(super) fn newest(&self, is: impl Fn(&Leg) -> bool) -> Option<&'a Leg> {
        self.legs.iter().rev().find(|leg| is(leg)).copied()
    }

    /// Whether there is a leg of a kind.
    pub(super) fn any(&self, is: impl Fn(&Leg) -> bool) -> bool {
        self.newest(is).is_some()
    }

    /// Whether there is a newer leg of a kind.
    pub(super) fn any_after(&self, older: &Leg, is: impl Fn(&Leg) -> bool) -> bool {
        self.legs.iter().rev().take_while(|leg| !std::ptr::eq(**leg, older)).any(|leg| is(leg))
    }

    /// The agent's leg that ended last, in this round. Not the one that began last: a colleague who was only consulted came later
    /// and left earlier.
    pub(super) fn left(&self) -> Option<&'a Leg> {
        let left = |leg: &&&'a Leg| leg.purpose == Purpose::Agent && !leg.is_live() && !self.is_past(leg);
        // `max_by_key` keeps the last of equals.
        self.legs.iter().filter(left).copied().max_by_key(|leg| last_told(leg))
    }

    /// The newest transfer of this round that is under way.
    pub(super) fn transfer(&self) -> Option<&'a Transfer> {
        let pending =
            |transfer: &&&'a Transfer| transfer.state == TransferState::Pending && self.is_of_this_round(transfer);
        self.transfers.iter().rev().find(pending).copied()
    }

    /// The newest transfer of this round that this agent asked for.
    pub(super) fn transfer_by(&self, agent: &Leg) -> Option<&'a Transfer> {
        let by = |transfer: &&&'a Transfer| {
            agent.user_id.is_some() && transfer.from_user == agent.user_id && self.is_of_this_round(transfer)
        };
        self.transfers.iter().rev().find(by).copied()
    }

    /// When the last leg ended; nothing if any leg does not tell, for it may have been that one.
    pub(super) fn ended(&self) -> Option<Timestamp> {
        let mut ends = self.legs.iter().map(|leg| leg.ended);
        let first = ends.next()??;
        ends.try_fold(first, |last, end| Some(last.max(end?)))
    }

    fn is_past(&self, leg: &Leg) -> bool {
        self.reopened.is_some_and(|at| is_before(leg, at))
    }

    fn is_of_this_round(&self, transfer: &Transfer) -> bool {
        !matches!((transfer.issued, self.reopened), (Some(issued), Some(at)) if issued < at)
    }
}

/// When the newest round began, if there was one before it: the customer came, and all that had begun before was over. A
/// customer's leg that is renewed while others go on begins no round.
fn reopened(legs: &[&Leg]) -> Option<Timestamp> {
    let customer = legs.iter().rev().find(|leg| leg.purpose == Purpose::Customer)?;
    let at = customer.started?;
    let all_over = legs.iter().all(|leg| leg.started >= Some(at) || is_before(leg, at));
    (all_over && legs.iter().any(|leg| is_before(leg, at))).then_some(at)
}

/// Whether a leg began before an instant and was over by then.
fn is_before(leg: &Leg, at: Timestamp) -> bool {
    leg.started < Some(at) && !leg.is_live() && last_told(leg).is_some_and(|last| last <= at)
}

/// When an ended leg ended, or the last that is told of it.
fn last_told(leg: &Leg) -> Option<Timestamp> {
    leg.ended.or(leg.changed).or(leg.started)
}
