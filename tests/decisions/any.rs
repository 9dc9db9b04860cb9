//! Arbitrary policies, conversations and times.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::option;
use proptest::prelude::*;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::policy::{Policy, UnknownStatus, Window, Windows};
use session_resumption::domain::snapshot::{Participant, Role, Snapshot, Status};

use crate::given::{CONVERSATION, CUSTOMER, customer, noon};

const STATUSES: [Status; 8] = [
    Status::Active,
    Status::Disconnected,
    Status::Transfer,
    Status::Queue,
    Status::Reroute,
    Status::Parked,
    Status::Terminated,
    Status::Unknown,
];

/// Mostly instants some minutes around noon, so that windows are met; also the ends of time.
pub(crate) fn any_time() -> impl Strategy<Value = Timestamp> {
    let near = (-900_000_i64..=900_000).prop_map(|ms| noon() + SignedDuration::from_millis(ms));
    let whole_minutes = (-15_i64..=15).prop_map(|minutes| noon() + SignedDuration::from_mins(minutes));
    let far = (Timestamp::MIN.as_second()..=Timestamp::MAX.as_second())
        .prop_map(|second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX));
    prop_oneof![6 => near, 4 => whole_minutes, 1 => far, 1 => Just(Timestamp::MIN), 1 => Just(Timestamp::MAX)]
}

pub(crate) fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        6 => (0_u64..=900_000).prop_map(Duration::from_millis),
        4 => (0_u64..=15).prop_map(|minutes| Duration::from_secs(60 * minutes)),
        1 => any::<u64>().prop_map(Duration::from_secs),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
    ]
}

fn any_window() -> impl Strategy<Value = Window> {
    prop_oneof![3 => any_duration().prop_map(Window::Limited), 1 => Just(Window::Unlimited)]
}

prop_compose! {
    pub(crate) fn any_policy()(
        disconnected in any_window(),
        active in any_window(),
        transfer in any_window(),
        queue in any_window(),
        reroute in any_window(),
        resumable in any::<bool>(),
    ) -> Policy {
        let unknown_status = if resumable { UnknownStatus::Resumable } else { UnknownStatus::NewRouting };
        Policy { windows: Windows { disconnected, active, transfer, queue, reroute }, unknown_status }
    }
}

fn any_name() -> impl Strategy<Value = Option<String>> {
    option::of("[a-z]{1,3}")
}

prop_compose! {
    fn any_participant()(
        id in prop_oneof![Just(CUSTOMER.to_owned()), "[a-z]{1,3}"],
        role in prop::sample::select(vec![Role::Customer, Role::Agent, Role::Agent, Role::System, Role::Other]),
        active in any::<bool>(),
        updated in option::of(any_time()),
        user_id in any_name(),
        agent_id in any_name(),
        queue_id in any_name(),
    ) -> Participant {
        Participant { id, role, active, updated, user_id, agent_id, queue_id }
    }
}

prop_compose! {
    /// A conversation that has the customer in it.
    pub(crate) fn any_snapshot()(
        status in prop::sample::select(STATUSES.to_vec()),
        status_text in "[A-Z]{0,8}",
        updated in option::weighted(0.9, any_time()),
        others in prop::collection::vec(any_participant(), 0..5),
        at in any::<prop::sample::Index>(),
        queue_id in any_name(),
        target_queue_id in any_name(),
        transfer_reason in any_name(),
    ) -> Snapshot {
        let mut participants = others;
        participants.insert(at.index(participants.len() + 1), customer(CUSTOMER));
        Snapshot {
            conversation: ConversationId::parse(CONVERSATION).unwrap(),
            status,
            status_text,
            updated,
            participants,
            queue_id,
            target_queue_id,
            transfer_reason,
            attributes: BTreeMap::new(),
            contact_id: None,
        }
    }
}
