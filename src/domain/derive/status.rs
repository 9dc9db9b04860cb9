//! The table from which a status is read, top to bottom.

use std::time::Duration;

use jiff::Timestamp;

use super::course::Course;
use crate::domain::legs::{Disconnect, Leg, LegState, Purpose};
use crate::domain::snapshot::Status;
use crate::domain::time::until;

pub(super) fn of(course: &Course<'_>, timeline: Duration, now: Timestamp) -> Status {
    let Some(customer) = course.newest(|leg| leg.purpose == Purpose::Customer) else { return Status::Unknown };
    if !course.any(Leg::is_live) {
        return over(course, customer, timeline, now);
    }
    if is_handed_over(course) {
        return Status::Transfer;
    }
    if course.any(|leg| leg.purpose == Purpose::Agent && leg.is_connected()) {
        return Status::Active;
    }
    let live = |purpose: Purpose| course.any(|leg| leg.purpose == purpose && leg.is_live());
    if is_rerouted(course) {
        Status::Reroute
    } else if live(Purpose::Acd) {
        Status::Queue
    } else if course.any(|leg| leg.purpose == Purpose::Agent && leg.is_parked()) {
        Status::Parked
    } else if !is_served_by_machine(course) && is_offered(course) {
        // Offered to an agent without a queue: to the customer that is waiting, too.
        Status::Queue
    } else {
        // What is live and fits nowhere is on: nobody loses a place to a gap between two legs, or to a leg nobody knows.
        Status::Active
    }
}

/// All legs have ended. Only what is certain ends a conversation for good.
fn over(course: &Course<'_>, customer: &Leg, timeline: Duration, now: Timestamp) -> Status {
    // A later leg of an unknown purpose may be a newer one of the customer's.
    let is_newest = !course.any_after(customer, |leg| leg.purpose == Purpose::Other);
    let is_final = matches!(customer.disconnect, Some(Disconnect::SessionExpired | Disconnect::Spam));
    if timeline.is_zero() || is_final && is_newest {
        return Status::Terminated;
    }
    match course.ended() {
        // DISCONNECTED has a window too, and would expire by a time that is not that of the end.
        None => Status::Unknown,
        Some(ended) if until(ended, now) > timeline => Status::Terminated,
        Some(_) => Status::Disconnected,
    }
}

/// A transfer is under way, or the last agent handed over and nobody has taken it since.
fn is_handed_over(course: &Course<'_>) -> bool {
    let left = course.left().filter(|leg| leg.disconnect == Some(Disconnect::Transfer));
    course.transfer().is_some() || left.is_some_and(|left| !course.any_after(left, has_taken))
}

/// The last agent was taken off, and what looks for another began after that leg. An agent who took it and parked it was found.
fn is_rerouted(course: &Course<'_>) -> bool {
    let taken_off = [Disconnect::Inactivity, Disconnect::NoAnswer, Disconnect::NotAvailable];
    let left = course.left().filter(|leg| leg.disconnect.is_some_and(|how| taken_off.contains(&how)));
    left.is_some_and(|left| {
        course.any_after(left, |leg| matches!(leg.purpose, Purpose::Flow | Purpose::Acd))
            && !course.any_after(left, has_taken)
    })
}

fn is_served_by_machine(course: &Course<'_>) -> bool {
    course.any(|leg| matches!(leg.purpose, Purpose::Flow | Purpose::Bot | Purpose::Api) && leg.is_connected())
}

fn is_offered(course: &Course<'_>) -> bool {
    course.any(|leg| leg.purpose == Purpose::Agent && leg.is_live() && leg.state == LegState::Alerting)
}

fn has_taken(leg: &Leg) -> bool {
    leg.purpose == Purpose::Agent && (leg.is_connected() || leg.is_parked())
}
