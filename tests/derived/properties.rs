//! What holds for every conversation, timeline and time.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use session_resumption::domain::decision::{Decision, Request, decide};
use session_resumption::domain::derive::derive;
use session_resumption::domain::ids::ParticipantId;
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose};
use session_resumption::domain::policy::{Policy, UnknownStatus, Windows};
use session_resumption::domain::snapshot::{Role, Snapshot, Status};

use crate::any::{STATES, WAYS, any_conversation, any_conversation_of_distinct_times, any_now, any_timeline};

fn is_over(status: Status) -> bool {
    matches!(status, Status::Terminated | Status::Disconnected)
}

/// What callers see of a conversation.
fn shown(snapshot: &Snapshot) -> (Status, Option<String>, Option<String>, Option<String>, Option<String>) {
    (
        snapshot.status,
        snapshot.agent_id().map(str::to_owned),
        snapshot.queue_id().map(str::to_owned),
        snapshot.target_queue_id.clone(),
        snapshot.contact_id.clone(),
    )
}

fn properties() -> ProptestConfig {
    ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(properties())]

    #[test]
    fn any_conversation_has_one_status_and_all_its_legs(
        seen in any_conversation(),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        let snapshot = derive(&seen, timeline, now);
        prop_assert_eq!(&snapshot, &derive(&seen.clone(), timeline, now));
        let ids: Vec<&str> = snapshot.participants.iter().map(|leg| leg.id.as_str()).collect();
        prop_assert_eq!(ids, seen.all.iter().map(|leg| leg.id.as_str()).collect::<Vec<_>>());
        prop_assert_eq!(snapshot.updated, seen.changed());
        prop_assert_eq!(&snapshot.transfer_reason, &None);
        prop_assert!(snapshot.target_queue_id.is_none() || snapshot.status == Status::Transfer);
    }

    #[test]
    fn nothing_is_over_while_a_leg_is_live(seen in any_conversation(), timeline in any_timeline(), now in any_now()) {
        let status = derive(&seen, timeline, now).status;
        let live = seen.all.iter().any(Leg::is_live);
        prop_assert!(!(live && is_over(status)), "{:?}", status);
        // Nor is it anything else once all are over.
        prop_assert!(live || is_over(status) || status == Status::Unknown, "{:?}", status);
    }

    #[test]
    fn whoever_comes_back_to_life_ends_nothing(
        mut seen in any_conversation(),
        who in any::<Index>(),
        state in prop::sample::select(STATES.to_vec()),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        prop_assume!(!seen.all.is_empty() && state != LegState::Ended);
        let at = who.index(seen.all.len());
        seen.all[at].state = state;
        seen.all[at].ended = None;
        let status = derive(&seen, timeline, now).status;
        prop_assert!(!is_over(status), "{:?}", status);
    }

    #[test]
    fn a_word_nobody_knows_ends_nothing(
        seen in any_conversation(),
        who in any::<Index>(),
        word in 0..3,
        timeline in any_timeline(),
        now in any_now(),
    ) {
        prop_assume!(!seen.all.is_empty());
        let mut strange = seen.clone();
        let leg = &mut strange.all[who.index(seen.all.len())];
        match word {
            0 => leg.state = LegState::Unknown,
            1 => leg.disconnect = Some(Disconnect::Unknown),
            _ => leg.purpose = Purpose::Other,
        }
        let (known, unknown) = (derive(&seen, timeline, now).status, derive(&strange, timeline, now).status);
        prop_assert!(unknown != Status::Terminated || known == Status::Terminated, "{:?} became {:?}", known, unknown);
    }

    #[test]
    fn a_way_to_end_that_nobody_knows_is_an_ordinary_one(
        mut seen in any_conversation(),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        let strange = shown(&derive(&seen, timeline, now));
        for leg in seen.all.iter_mut().filter(|leg| leg.disconnect == Some(Disconnect::Unknown)) {
            leg.disconnect = Some(Disconnect::Other);
        }
        prop_assert_eq!(strange, shown(&derive(&seen, timeline, now)));
    }

    #[test]
    fn an_end_that_nothing_dates_is_not_judged(
        mut seen in any_conversation(),
        who in any::<Index>(),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        prop_assume!(!seen.all.is_empty() && timeline > Duration::ZERO);
        for leg in &mut seen.all {
            leg.state = LegState::Ended;
            if matches!(leg.disconnect, Some(Disconnect::SessionExpired | Disconnect::Spam)) {
                leg.disconnect = None;
            }
        }
        let at = who.index(seen.all.len());
        seen.all[at].ended = None;
        prop_assert_eq!(derive(&seen, timeline, now).status, Status::Unknown);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter_where_times_tell(
        (seen, mixed) in any_conversation_of_distinct_times().prop_flat_map(|seen| {
            let mixed = Just(seen.all.clone()).prop_shuffle();
            (Just(seen), mixed)
        }),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        let mixed = Legs { all: mixed, ..seen.clone() };
        prop_assert_eq!(shown(&derive(&seen, timeline, now)), shown(&derive(&mixed, timeline, now)));
    }

    #[test]
    fn time_only_ends_what_is_disconnected(
        seen in any_conversation(),
        timeline in any_timeline(),
        one in any_now(),
        other in any_now(),
    ) {
        let status = |now: Timestamp| derive(&seen, timeline, now).status;
        let (before, after) = (status(one.min(other)), status(one.max(other)));
        let ended = before == Status::Disconnected && after == Status::Terminated;
        prop_assert!(before == after || ended, "{:?} became {:?}", before, after);
    }

    #[test]
    fn nobody_who_is_there_is_sent_to_a_new_start(
        seen in any_conversation(),
        timeline in any_timeline(),
        now in any_now(),
        held in any_timeline(),
    ) {
        let snapshot = derive(&seen, timeline, now);
        let policy = Policy { windows: Windows::default(), unknown_status: UnknownStatus::Resumable };
        for customer in seen.all.iter().filter(|leg| leg.purpose == Purpose::Customer && leg.is_live()) {
            let participant = ParticipantId::parse(&customer.id).unwrap();
            let decision = decide(&policy, Some(&snapshot), Request { participant: &participant, held }, now);
            prop_assert!(matches!(decision, Ok(Decision::Resumable(_))), "{:?}", decision);
        }
    }

    #[test]
    fn attached_is_who_is_there_with_somebody_certain(
        seen in any_conversation(),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        let snapshot = derive(&seen, timeline, now);
        let others = [Purpose::Agent, Purpose::Flow, Purpose::Bot];
        let somebody = seen.all.iter().any(|leg| others.contains(&leg.purpose) && leg.is_connected());
        let expected = snapshot.status == Status::Active && somebody;
        for leg in seen.all.iter().filter(|leg| leg.purpose == Purpose::Customer) {
            let customer = ParticipantId::parse(&leg.id).unwrap();
            prop_assert_eq!(snapshot.is_attached(&customer), expected && leg.is_live());
        }
        prop_assert_eq!(snapshot.takes_messages(), matches!(snapshot.status, Status::Active | Status::Disconnected));
    }

    #[test]
    fn an_agent_who_is_connected_is_the_one_to_go_back_to(
        seen in any_conversation(),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        let snapshot = derive(&seen, timeline, now);
        let connected = seen.all.iter().any(|leg| leg.purpose == Purpose::Agent && leg.is_connected());
        if snapshot.status != Status::Transfer {
            prop_assert_eq!(snapshot.active_agent_id().is_some(), connected);
        }
        prop_assert!(snapshot.participants.iter().filter(|leg| leg.role == Role::Agent).count() <= 1);
    }

    #[test]
    fn a_final_end_of_the_customer_counts_only_once_all_have_left(
        mut seen in any_conversation(),
        how in prop::sample::select(WAYS.to_vec()),
        timeline in any_timeline(),
        now in any_now(),
    ) {
        for leg in seen.all.iter_mut().filter(|leg| leg.purpose == Purpose::Customer) {
            leg.disconnect = Some(how);
        }
        let status = derive(&seen, timeline, now).status;
        let is_final = matches!(how, Disconnect::SessionExpired | Disconnect::Spam);
        let customers = seen.all.iter().any(|leg| leg.purpose == Purpose::Customer);
        let strange = seen.all.iter().any(|leg| leg.purpose == Purpose::Other);
        if is_final && customers && !strange {
            prop_assert_eq!(status == Status::Terminated, !seen.all.iter().any(Leg::is_live));
        }
    }
}
