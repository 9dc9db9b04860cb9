//! The table once more, row by row from the top as it is written down, without an order of legs, rounds or helpers of its own: what
//! is newest is found by comparing all with all.

use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer, TransferState};

/// What a conversation is doing, with whom, in which queue, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) status: &'static str,
    pub(crate) agent: Option<String>,
    pub(crate) queue: Option<String>,
    pub(crate) target: Option<String>,
}

/// A leg and its place in the platform's list.
type Placed<'a> = (usize, &'a Leg);

struct Reference<'a> {
    legs: Vec<Placed<'a>>,
    transfers: Vec<(usize, &'a Transfer)>,
    timeline: Duration,
    now: Timestamp,
}

pub(crate) fn told(seen: &Legs, timeline: Duration, now: Timestamp) -> Told {
    let legs = seen.all.iter().enumerate().collect();
    let it = Reference { legs, transfers: seen.transfers.iter().enumerate().collect(), timeline, now };
    let status = it.status();
    let agent = it.agent(status);
    let target = if status == "TRANSFER" { it.target(agent) } else { None };
    let agent = agent.map(|(_, leg)| leg.user_id.clone().unwrap_or_else(|| leg.id.clone()));
    Told { status, agent, queue: it.queue(), target }
}

fn is(leg: &Leg, purpose: Purpose) -> bool {
    leg.purpose == purpose
}

/// "state not in {disconnected, terminated} and no endTime".
fn live(leg: &Leg) -> bool {
    !(leg.state == LegState::Ended || leg.ended.is_some())
}

fn connected_agent(leg: &Leg) -> bool {
    is(leg, Purpose::Agent) && live(leg) && leg.state == LegState::Connected
}

fn parked_agent(leg: &Leg) -> bool {
    is(leg, Purpose::Agent) && live(leg) && leg.state == LegState::Parked
}

/// The first instant a leg is known by: its start, else its end, else whatever it names.
fn first(leg: &Leg) -> Option<Timestamp> {
    match (leg.started, leg.ended, leg.changed) {
        (Some(start), _, _) => Some(start),
        (None, Some(end), _) => Some(end),
        (None, None, changed) => changed,
    }
}

/// The last instant an ended leg is known by.
fn last(leg: &Leg) -> Option<Timestamp> {
    match (leg.ended, leg.changed, leg.started) {
        (Some(end), _, _) => Some(end),
        (None, Some(changed), _) => Some(changed),
        (None, None, start) => start,
    }
}

/// Later start, else later in the list.
fn newer(one: Placed<'_>, other: Placed<'_>) -> bool {
    first(one.1) > first(other.1) || first(one.1) == first(other.1) && one.0 > other.0
}

fn gone_by(leg: &Leg, at: Timestamp) -> bool {
    let began = leg.started.is_none_or(|start| start < at);
    began && !live(leg) && last(leg).is_some_and(|end| end <= at)
}

impl<'a> Reference<'a> {
    fn newest(&self, is: impl Fn(&Leg) -> bool) -> Option<Placed<'a>> {
        let like: Vec<Placed<'a>> = self.legs.iter().copied().filter(|(_, leg)| is(leg)).collect();
        like.iter().copied().find(|one| like.iter().all(|other| one.0 == other.0 || newer(*one, *other)))
    }

    fn some(&self, is: impl Fn(&Leg) -> bool) -> bool {
        self.legs.iter().any(|(_, leg)| is(leg))
    }

    fn some_newer_than(&self, than: Placed<'_>, is: impl Fn(&Leg) -> bool) -> bool {
        self.legs.iter().any(|placed| newer(*placed, than) && is(placed.1))
    }

    fn status(&self) -> &'static str {
        let nobody = !self.some(live);
        let agent = self.some(connected_agent);
        let Some(customer) = self.newest(|leg| is(leg, Purpose::Customer)) else { return "UNKNOWN" };

        if nobody && self.expired(customer) {
            return "TERMINATED";
        }
        if nobody {
            let every_end_known = self.legs.iter().all(|(_, leg)| leg.ended.is_some());
            return if every_end_known { "DISCONNECTED" } else { "UNKNOWN" };
        }
        if self.transferring() {
            return "TRANSFER";
        }
        if !agent && self.rerouted() {
            return "REROUTE";
        }
        if !agent && self.some(|leg| is(leg, Purpose::Acd) && live(leg)) {
            return "QUEUE";
        }
        if !agent && self.some(parked_agent) {
            return "PARKED";
        }
        let machines = [Purpose::Flow, Purpose::Bot, Purpose::Api];
        let machine = |leg: &Leg| machines.contains(&leg.purpose) && live(leg) && leg.state == LegState::Connected;
        let offered = |leg: &Leg| is(leg, Purpose::Agent) && live(leg) && leg.state == LegState::Alerting;
        if !agent && !self.some(machine) && self.some(offered) {
            return "QUEUE";
        }
        "ACTIVE"
    }

    fn expired(&self, customer: Placed<'_>) -> bool {
        let final_word = [Some(Disconnect::SessionExpired), Some(Disconnect::Spam)].contains(&customer.1.disconnect);
        let sure_it_is_newest = !self.some_newer_than(customer, |leg| is(leg, Purpose::Other));
        let ends: Option<Vec<Timestamp>> = self.legs.iter().map(|(_, leg)| leg.ended).collect();
        let too_late = ends.is_some_and(|ends| {
            let end = *ends.iter().max().unwrap();
            end < self.now && self.now.duration_since(end).unsigned_abs() > self.timeline
        });
        final_word && sure_it_is_newest || too_late || self.timeline == Duration::ZERO
    }

    /// When the customer's newest leg reopened the conversation.
    fn round(&self) -> Option<Timestamp> {
        let at = self.newest(|leg| is(leg, Purpose::Customer))?.1.started?;
        let (before, rest): (Vec<Placed<'_>>, Vec<Placed<'_>>) =
            self.legs.iter().copied().partition(|(_, leg)| gone_by(leg, at));
        let rest_is_new = rest.iter().all(|(_, leg)| leg.started.is_some_and(|start| start >= at));
        (!before.is_empty() && rest_is_new).then_some(at)
    }

    /// The ended agent's leg of this round that ended last.
    fn left(&self) -> Option<Placed<'a>> {
        let round = self.round();
        let past = |leg: &Leg| round.is_some_and(|at| gone_by(leg, at));
        let left: Vec<Placed<'a>> =
            self.legs.iter().copied().filter(|(_, leg)| is(leg, Purpose::Agent) && !live(leg) && !past(leg)).collect();
        let later = |one: Placed<'_>, other: Placed<'_>| {
            last(one.1) > last(other.1) || last(one.1) == last(other.1) && newer(one, other)
        };
        left.iter().copied().find(|one| left.iter().all(|other| one.0 == other.0 || later(*one, *other)))
    }

    fn newest_transfer(&self, like: impl Fn(&Transfer) -> bool) -> Option<&'a Transfer> {
        let round = self.round();
        let past = |transfer: &Transfer| round.is_some_and(|at| transfer.issued.is_some_and(|issued| issued < at));
        let mut found: Option<(usize, &Transfer)> = None;
        for (index, transfer) in self.transfers.iter().copied().filter(|(_, it)| like(it) && !past(it)) {
            if found.is_none_or(|(_, best)| transfer.issued >= best.issued) {
                found = Some((index, transfer));
            }
        }
        found.map(|(_, transfer)| transfer)
    }

    fn pending(&self) -> Option<&'a Transfer> {
        self.newest_transfer(|transfer| transfer.state == TransferState::Pending)
    }

    fn transferring(&self) -> bool {
        let handed_over = self.left().is_some_and(|left| {
            let taken = |leg: &Leg| connected_agent(leg) || parked_agent(leg);
            left.1.disconnect == Some(Disconnect::Transfer) && !self.some_newer_than(left, taken)
        });
        self.pending().is_some() || handed_over
    }

    fn rerouted(&self) -> bool {
        let Some(left) = self.left() else { return false };
        let taken_off =
            matches!(left.1.disconnect, Some(Disconnect::Inactivity | Disconnect::NoAnswer | Disconnect::NotAvailable));
        taken_off
            && self.some_newer_than(left, |leg| is(leg, Purpose::Flow) || is(leg, Purpose::Acd))
            && !self.some_newer_than(left, parked_agent)
    }

    fn agent(&self, status: &str) -> Option<Placed<'a>> {
        let hands_over = match (status, self.pending()) {
            ("TRANSFER", Some(transfer)) => {
                let user = transfer.from_user.clone();
                self.newest(|leg| is(leg, Purpose::Agent) && user.is_some() && leg.user_id == user)
            }
            ("TRANSFER", None) => self.left(),
            _ => None,
        };
        let did_not_answer = |leg: &Leg| match leg.disconnect {
            _ if leg.state == LegState::Alerting => true,
            Some(Disconnect::NoAnswer | Disconnect::NotAvailable) => !live(leg),
            _ => false,
        };
        let ways = [
            hands_over,
            self.newest(connected_agent),
            self.newest(parked_agent),
            self.newest(|leg| is(leg, Purpose::Agent) && !did_not_answer(leg)),
        ];
        ways.into_iter().flatten().next()
    }

    fn queue(&self) -> Option<String> {
        let with_queue = |leg: &Leg, purpose| is(leg, purpose) && leg.queue_id.is_some();
        let ways = [
            self.newest(|leg| with_queue(leg, Purpose::Acd) && live(leg)),
            self.newest(|leg| with_queue(leg, Purpose::Agent)),
            self.newest(|leg| with_queue(leg, Purpose::Acd)),
        ];
        ways.into_iter().flatten().next().and_then(|(_, leg)| leg.queue_id.clone())
    }

    fn target(&self, agent: Option<Placed<'_>>) -> Option<String> {
        let waits = self.newest(|leg| is(leg, Purpose::Acd) && live(leg) && leg.queue_id.is_some());
        if let Some((_, leg)) = waits {
            return leg.queue_id.clone();
        }
        let user = agent.and_then(|(_, leg)| leg.user_id.clone());
        let asked = self.pending().or_else(|| self.newest_transfer(|it| user.is_some() && it.from_user == user));
        asked.and_then(|transfer| transfer.to_queue.clone())
    }
}
