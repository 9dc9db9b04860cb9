//! The golden table: each of its cases is derived as written, and it leaves nothing out.

pub(crate) mod row;

use std::collections::BTreeSet;

use self::row::table;

#[test]
fn every_case_of_the_golden_table_is_derived_as_written() {
    let mut wrong = Vec::new();
    for case in table() {
        let answer = case.answer();
        if answer != case.answer {
            wrong.push(format!("{}\n  expected {:?}\n  answered {answer:?}", case.name, case.answer));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn the_golden_table_leaves_nothing_out() {
    let cases = table();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let mut names = BTreeSet::new();
    for case in &cases {
        assert!(names.insert(&case.name), "two cases are called {:?}", case.name);
    }
    let legs = || cases.iter().flat_map(|case| &case.legs);
    let purposes: BTreeSet<&str> = legs().map(|leg| leg.is.as_str()).collect();
    assert_eq!(purposes, BTreeSet::from(["acd", "agent", "api", "bot", "customer", "flow", "other"]));
    let states: BTreeSet<&str> = legs().filter_map(|leg| leg.state.as_deref()).collect();
    assert_eq!(states, BTreeSet::from(["alerting", "connected", "ended", "parked", "unknown"]));
    for purpose in ["customer", "agent"] {
        let ways: BTreeSet<&str> =
            legs().filter(|leg| leg.is == purpose).filter_map(|leg| leg.how.as_deref()).collect();
        let all =
            ["inactivity", "no-answer", "not-available", "other", "session-expired", "spam", "transfer", "unknown"];
        assert_eq!(ways, BTreeSet::from(all), "of the {purpose}");
    }
    let statuses: BTreeSet<&str> = cases.iter().map(|case| case.answer.status.as_str()).collect();
    let all = ["ACTIVE", "DISCONNECTED", "PARKED", "QUEUE", "REROUTE", "TERMINATED", "TRANSFER", "UNKNOWN"];
    assert_eq!(statuses, BTreeSet::from(all));
    let routes: BTreeSet<&str> = cases.iter().map(|case| case.answer.route.as_str()).collect();
    assert_eq!(routes, BTreeSet::from(["NEW_ROUTING", "REATTACH_AGENT", "TRANSFER_QUEUE", "WAIT_IN_QUEUE"]));
    assert!(cases.iter().any(|case| case.answer.attached));
}
