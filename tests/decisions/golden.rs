//! The golden table: each of its cases is decided as written, and it leaves nothing out.

mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use session_resumption::domain::decision::{Reason, Request, age, decide};

use self::row::{Case, Expected, policy, table};
use crate::given::{CONVERSATION, CUSTOMER, HANDSHAKE, at, noon};

#[test]
fn every_case_of_the_golden_table_is_decided_as_written() {
    let mut wrong = Vec::new();
    for case in table() {
        let (pair, snapshot) = (case.given.pair(), case.given.snapshot());
        let held = age(case.given.first_asked.as_deref().map_or(noon(), at), noon());
        let outcome =
            decide(&policy(&case.rules), snapshot.as_ref(), Request { participant: &pair.participant, held }, noon());
        let answer = Expected::from(&outcome);
        if answer != case.answer {
            wrong.push(format!("{}\n  expected {:?}\n  answered {answer:?}", case.name, case.answer));
        }
        let mut flow = case.flow;
        if case.answer.decision == "RESUMABLE" {
            flow.insert("conversationId".to_owned(), CONVERSATION.to_owned());
            flow.insert("participantId".to_owned(), CUSTOMER.to_owned());
            flow.insert("handshakeId".to_owned(), HANDSHAKE.to_string());
        }
        let sent =
            outcome.map(|decision| decision.routing_attributes(Some(&pair), Some(HANDSHAKE))).unwrap_or_default();
        if sent != flow {
            wrong.push(format!("{}\n  the flow should get {flow:?}\n  but would get       {sent:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn the_golden_table_leaves_nothing_out() {
    let cases = table();
    let mut names = BTreeSet::new();
    for case in &cases {
        assert!(names.insert(&case.name), "two cases are called {:?}", case.name);
    }
    let told = |pick: fn(&Case) -> Option<&String>| -> BTreeSet<&str> {
        cases.iter().filter_map(pick).map(String::as_str).collect()
    };
    let reasons = told(|case| case.answer.reason.as_ref());
    for reason in [
        Reason::WithinWindow,
        Reason::WindowExpired,
        Reason::Live,
        Reason::InTransfer,
        Reason::InQueue,
        Reason::Ended,
        Reason::SessionNotFound,
        Reason::UnknownStatus,
    ] {
        assert!(reasons.contains(reason.wire()), "no case ends with {}", reason.wire());
    }
    let routes = told(|case| case.answer.route.as_ref());
    assert_eq!(routes, BTreeSet::from(["NEW_ROUTING", "REATTACH_AGENT", "TRANSFER_QUEUE", "WAIT_IN_QUEUE"]));
    let statuses = told(|case| case.given.status.as_ref());
    for status in ["ACTIVE", "DISCONNECTED", "TRANSFER", "QUEUE", "REROUTE", "PARKED", "TERMINATED"] {
        assert!(statuses.contains(status), "no case is about {status}");
    }
}

#[test]
fn a_resumable_answer_without_a_handshake_has_no_key_for_one() {
    let given = table().remove(0).given;
    let request = Request { participant: &given.pair().participant, held: Duration::ZERO };
    let decision = decide(&policy(&BTreeMap::new()), given.snapshot().as_ref(), request, noon()).unwrap();
    let attributes = decision.routing_attributes(Some(&given.pair()), None);
    assert_eq!(attributes.get("resume").map(String::as_str), Some("true"));
    assert!(!attributes.contains_key("handshakeId"));
}
