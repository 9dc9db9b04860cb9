//! What holds for every policy, conversation, customer and time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::option;
use proptest::prelude::*;
use session_resumption::domain::decision::{
    Decision, Reason, Request, Resume, Route, StartOver, Unjudgeable, age, decide,
};
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};
use session_resumption::domain::policy::{Policy, Window, Windows};
use session_resumption::domain::snapshot::{Role, Snapshot, Status};

use crate::any::{any_duration, any_policy, any_snapshot, any_time};
use crate::given::{CONVERSATION, CUSTOMER, HANDSHAKE};

const LIVE: [Status; 5] = [Status::Active, Status::Parked, Status::Transfer, Status::Queue, Status::Reroute];

fn ana() -> ParticipantId {
    ParticipantId::parse(CUSTOMER).unwrap()
}

fn judge(
    policy: &Policy,
    snapshot: Option<&Snapshot>,
    held: Duration,
    now: Timestamp,
) -> Result<Decision, Unjudgeable> {
    decide(policy, snapshot, Request { participant: &ana(), held }, now)
}

fn resumed(outcome: &Result<Decision, Unjudgeable>) -> Option<&Resume> {
    match outcome {
        Ok(Decision::Resumable(resume)) => Some(resume),
        _ => None,
    }
}

fn started_over(outcome: &Result<Decision, Unjudgeable>) -> Option<&StartOver> {
    match outcome {
        Ok(Decision::NewRoutingRequired(start_over)) => Some(start_over),
        _ => None,
    }
}

fn properties() -> ProptestConfig {
    ProptestConfig { cases: 1_200, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn any_input_is_judged_and_the_same_input_the_same_way(
        policy in any_policy(),
        snapshot in option::weighted(0.95, any_snapshot()),
        participant in prop_oneof![Just(CUSTOMER.to_owned()), "[a-z]{1,3}"],
        held in any_duration(),
        now in any_time(),
    ) {
        let participant = ParticipantId::parse(&participant).unwrap();
        let request = Request { participant: &participant, held };
        let first = decide(&policy, snapshot.as_ref(), request, now);
        let second = decide(&policy.clone(), snapshot.clone().as_ref(), request, now);
        prop_assert_eq!(&first, &second);
        if let Ok(decision) = first {
            let pair = Pair { conversation: ConversationId::parse(CONVERSATION).unwrap(), participant };
            let attributes = decision.routing_attributes(Some(&pair), Some(HANDSHAKE));
            prop_assert_eq!(&attributes, &decision.routing_attributes(Some(&pair), Some(HANDSHAKE)));
        }
    }

    #[test]
    fn an_age_is_never_negative_and_otherwise_exact(updated in any_time(), now in any_time()) {
        let age = age(updated, now);
        if updated <= now {
            prop_assert_eq!(SignedDuration::try_from(age).unwrap(), now.duration_since(updated));
        } else {
            prop_assert_eq!(age, Duration::ZERO);
        }
    }

    #[test]
    fn a_session_that_expired_stays_expired(
        policy in any_policy(),
        snapshot in any_snapshot(),
        first_asked in any_time(),
        waits in prop::array::uniform2(any_duration()),
    ) {
        let later = |wait: Duration| {
            let wait = SignedDuration::try_from(wait).ok();
            wait.and_then(|wait| first_asked.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
        };
        let (soon, late) = (later(waits[0]).min(later(waits[1])), later(waits[0]).max(later(waits[1])));
        let judged = |now| judge(&policy, Some(&snapshot), age(first_asked, now), now);
        let (before, after) = (judged(soon), judged(late));
        if started_over(&before).is_some() {
            prop_assert_eq!(&before, &after);
        }
        // Nothing but its window ever ends a session that does not change.
        if before != after {
            prop_assert_eq!(started_over(&after).map(|over| over.reason), Some(Reason::WindowExpired));
        }
    }

    #[test]
    fn a_new_start_leads_nowhere_back(
        policy in any_policy(),
        snapshot in option::weighted(0.95, any_snapshot()),
        held in any_duration(),
        now in any_time(),
    ) {
        let outcome = judge(&policy, snapshot.as_ref(), held, now);
        if let Some(over) = started_over(&outcome) {
            let pair = Pair { conversation: ConversationId::parse(CONVERSATION).unwrap(), participant: ana() };
            let mut expected = BTreeMap::from([("resume".to_owned(), "false".to_owned())]);
            if let Some(status) = &over.status {
                expected.insert("conversationStatus".to_owned(), status.clone());
            }
            prop_assert_eq!(outcome.unwrap().routing_attributes(Some(&pair), Some(HANDSHAKE)), expected);
        }
    }

    #[test]
    fn a_live_session_without_a_limit_never_starts_over(
        policy in any_policy(),
        snapshot in any_snapshot(),
        live in prop::sample::select(LIVE.to_vec()),
        held in any_duration(),
        now in any_time(),
    ) {
        let windows = Windows { disconnected: policy.windows.disconnected, ..Windows::default() };
        let outcome = judge(&Policy { windows, ..policy }, Some(&Snapshot { status: live, ..snapshot }), held, now);
        prop_assert!(resumed(&outcome).is_some_and(|resume| resume.until.is_none()), "{:?}", outcome);
    }

    #[test]
    fn what_cannot_be_judged_is_not_decided(
        policy in any_policy(),
        snapshot in any_snapshot(),
        held in any_duration(),
        now in any_time(),
    ) {
        let needs_time = matches!(policy.window(snapshot.status), Some(Window::Limited(_)));
        let outcome = judge(&policy, Some(&snapshot), held, now);
        prop_assert_eq!(outcome.is_err(), needs_time && snapshot.updated.is_none());
    }

    #[test]
    fn being_held_back_by_us_never_costs_the_session(
        policy in any_policy(),
        snapshot in any_snapshot(),
        held in any_duration(),
        now in any_time(),
    ) {
        let waited = judge(&policy, Some(&snapshot), held, now);
        let straight = judge(&policy, Some(&snapshot), Duration::ZERO, now);
        if resumed(&straight).is_some() {
            prop_assert_eq!(&waited, &straight);
        }
        // And it helps only against a window, never one that the conversation's own change has restarted.
        if waited != straight {
            prop_assert_eq!(started_over(&straight).map(|over| over.reason), Some(Reason::WindowExpired));
            let held = held.min(age(Timestamp::MIN, now));
            prop_assert!(snapshot.updated.is_some_and(|updated| age(updated, now) >= held));
        }
    }

    #[test]
    fn somebody_elses_session_looks_like_none(
        policy in any_policy(),
        mut snapshot in any_snapshot(),
        held in any_duration(),
        now in any_time(),
    ) {
        snapshot.participants.retain(|p| p.role != Role::Customer || p.id != CUSTOMER);
        prop_assert_eq!(judge(&policy, Some(&snapshot), held, now), judge(&policy, None, held, now));
    }

    #[test]
    fn a_route_has_what_it_needs(
        policy in any_policy(),
        snapshot in any_snapshot(),
        held in any_duration(),
        now in any_time(),
    ) {
        let outcome = judge(&policy, Some(&snapshot), held, now);
        if let Some(resume) = resumed(&outcome) {
            prop_assert_eq!(resume.route == Route::TransferQueue, resume.target_queue_id.is_some());
            prop_assert!(resume.transfer_reason.is_none() || snapshot.status == Status::Transfer);
            prop_assert_eq!(&resume.status, &snapshot.status_text);
            if resume.route == Route::ReattachAgent {
                // With nobody to go back to, and a queue to wait in, the customer waits.
                prop_assert!(resume.agent_id.is_some() || resume.queue_id.is_none());
            }
        }
    }
}
