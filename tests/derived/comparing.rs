//! The function beside the second formulation of its table.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use session_resumption::domain::derive::derive;
use session_resumption::domain::legs::Legs;

use crate::any::{any_conversation, any_now, any_timeline};
use crate::fixtures::fixtures;
use crate::reference::{Told, told};

const CASES: usize = 20_000;

fn derived(seen: &Legs, timeline: Duration, now: Timestamp) -> Told {
    let snapshot = derive(seen, timeline, now);
    let status = ["ACTIVE", "DISCONNECTED", "TRANSFER", "QUEUE", "REROUTE", "PARKED", "TERMINATED", "UNKNOWN"]
        .into_iter()
        .find(|status| *status == snapshot.status_text)
        .unwrap();
    Told {
        status,
        agent: snapshot.agent_id().map(str::to_owned),
        queue: snapshot.queue_id().map(str::to_owned),
        target: snapshot.target_queue_id.clone(),
    }
}

#[test]
fn the_function_says_what_the_table_says() {
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut mismatches, mut shown) = (0, Vec::new());
    let mut compare = |seen: &Legs, timeline: Duration, now: Timestamp| {
        let (says, should) = (derived(seen, timeline, now), told(seen, timeline, now));
        *statuses.entry(should.status).or_default() += 1;
        if says != should {
            mismatches += 1;
            if shown.len() < 3 {
                shown.push(format!("{seen:#?}\n{timeline:?} at {now}\n  says {says:?}\n  but the table {should:?}"));
            }
        }
    };

    let fixtures = fixtures();
    let of_fixtures: Timestamp = "2026-05-15T14:10:00Z".parse().unwrap();
    for (_, seen) in &fixtures {
        for (timeline, later) in [(0, 0), (60, 0), (60, 60_000), (60, 60_001), (259_200, 1)] {
            compare(seen, Duration::from_secs(timeline), of_fixtures + SignedDuration::from_millis(later));
        }
    }
    let mut runner = TestRunner::deterministic();
    let any_case = (any_conversation(), any_timeline(), any_now());
    for _ in 0..CASES {
        let (seen, timeline, now) = any_case.new_tree(&mut runner).unwrap().current();
        compare(&seen, timeline, now);
    }

    println!("derived state: {} fixtures and {CASES} generated cases, {mismatches} mismatches", fixtures.len());
    println!("by status: {statuses:?}");
    assert_eq!(mismatches, 0, "{}", shown.join("\n\n"));
    // A comparison that never meets a row says nothing about it.
    let met = statuses.values().filter(|count| **count >= CASES / 100).count();
    assert_eq!(met, 8, "{statuses:?}");
}
