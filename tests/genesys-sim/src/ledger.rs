//! What was asked of the simulator, call by call, in order of arrival.

use std::collections::{HashMap, hash_map::Entry};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{Route, clock::rfc3339_millis, tokens::Quota};

/// One call. It is entered when it arrives and completed when its answer is decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// Its place in the order of arrival, from 1; never reused.
    pub seq: u64,
    /// When it arrived, on the simulator's clock.
    #[serde(serialize_with = "rfc3339_millis")]
    pub time: Timestamp,
    /// Which call of the contract it is; absent if none.
    pub route: Option<Route>,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The conversation the path names.
    pub conversation_id: Option<String>,
    /// Which token it used, or got: `t1`, `t2`, ... by order of issue, never the secret.
    pub token_id: Option<String>,
    /// The status answered; absent while in flight and for resets.
    pub status: Option<u16>,
    /// Whether the call did its work: it read, wrote or issued something.
    pub effect_applied: bool,
    /// Whether the call is there to end a conversation or one of its legs, whatever came of it.
    pub destructive: bool,
    /// Whether a scripted fault hit it.
    pub faulted: bool,
    /// How it broke the contract, if it did.
    pub violation: Option<String>,
    /// The JSON body of a PATCH or POST.
    pub body: Option<Value>,
    /// The `traceparent` it came with.
    pub trace_parent: Option<String>,
    /// How many calls of the same route on the same conversation were in flight when it arrived, itself not counted.
    pub in_flight: usize,
}

/// How a call went, gathered while it is served.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) token_id: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) effect_applied: bool,
    pub(crate) faulted: bool,
    pub(crate) violation: Option<String>,
    /// The token's budget after this call, for the answer's headers.
    pub(crate) quota: Option<Quota>,
}

/// What is known of a call when it arrives.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) route: Option<Route>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) conversation_id: Option<&'a str>,
    pub(crate) body: Option<Value>,
    pub(crate) trace_parent: Option<String>,
}

/// A call in flight; give it back to [`Ledger::complete`].
#[derive(Debug)]
pub(crate) struct Ticket {
    seq: u64,
    lane: Lane,
}

/// Calls that could race each other.
type Lane = (Option<Route>, Option<String>);

/// All calls since the start, or since it was last cleared.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<LedgerEntry>,
    last_seq: u64,
    in_flight: HashMap<Lane, usize>,
}

// === impl Ledger ===

impl Ledger {
    pub(crate) fn enter(&mut self, arrival: Arrival<'_>, now: Timestamp) -> Ticket {
        self.last_seq += 1;
        let lane = (arrival.route, arrival.conversation_id.map(str::to_owned));
        let in_flight = self.in_flight.entry(lane.clone()).or_default();
        self.entries.push(LedgerEntry {
            seq: self.last_seq,
            time: now,
            route: arrival.route,
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            conversation_id: lane.1.clone(),
            token_id: None,
            status: None,
            effect_applied: false,
            destructive: arrival.route.is_some_and(Route::is_destructive),
            faulted: false,
            violation: None,
            body: arrival.body,
            trace_parent: arrival.trace_parent,
            in_flight: *in_flight,
        });
        *in_flight += 1;
        Ticket { seq: self.last_seq, lane }
    }

    pub(crate) fn complete(&mut self, ticket: Ticket, outcome: Outcome) {
        if let Entry::Occupied(mut in_flight) = self.in_flight.entry(ticket.lane) {
            *in_flight.get_mut() -= 1;
            if *in_flight.get() == 0 {
                in_flight.remove();
            }
        }
        // The entry is gone if the ledger was cleared meanwhile.
        if let Ok(index) = self.entries.binary_search_by_key(&ticket.seq, |entry| entry.seq) {
            let entry = &mut self.entries[index];
            entry.token_id = outcome.token_id;
            entry.status = outcome.status;
            entry.effect_applied = outcome.effect_applied;
            entry.faulted = outcome.faulted;
            entry.violation = outcome.violation;
        }
    }

    pub(crate) fn entries(&self) -> Vec<LedgerEntry> {
        self.entries.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(conversation_id: &str) -> Arrival<'_> {
        Arrival {
            route: Some(Route::Patch),
            method: "PATCH",
            path: "/",
            conversation_id: Some(conversation_id),
            body: None,
            trace_parent: None,
        }
    }

    #[test]
    fn calls_in_flight_are_counted_by_route_and_conversation() {
        let mut ledger = Ledger::default();
        let first = ledger.enter(arrival("a"), Timestamp::UNIX_EPOCH);
        let second = ledger.enter(arrival("a"), Timestamp::UNIX_EPOCH);
        ledger.enter(arrival("b"), Timestamp::UNIX_EPOCH);
        ledger.complete(first, Outcome::default());
        ledger.complete(second, Outcome::default());
        ledger.enter(arrival("a"), Timestamp::UNIX_EPOCH);
        assert_eq!(ledger.entries().iter().map(|entry| entry.in_flight).collect::<Vec<_>>(), [0, 1, 0, 0]);
    }

    #[test]
    fn clearing_forgets_entries_but_not_calls_in_flight() {
        let mut ledger = Ledger::default();
        let first = ledger.enter(arrival("a"), Timestamp::UNIX_EPOCH);
        ledger.clear();
        ledger.enter(arrival("a"), Timestamp::UNIX_EPOCH);
        ledger.complete(first, Outcome { status: Some(200), ..Outcome::default() });
        let entries = ledger.entries();
        assert_eq!(
            entries.iter().map(|entry| (entry.seq, entry.in_flight, entry.status)).collect::<Vec<_>>(),
            [(2, 1, None)]
        );
    }
}
