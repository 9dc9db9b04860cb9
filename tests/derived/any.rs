//! Arbitrary conversations: chaos, in which anything goes, and courses, in which legs follow each other as they do in life.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use session_resumption::domain::legs::{Disconnect, Leg, LegState, Legs, Purpose, Transfer, TransferState};

use crate::given::{conversation, noon};

pub(crate) const PURPOSES: [Purpose; 7] =
    [Purpose::Customer, Purpose::Agent, Purpose::Acd, Purpose::Flow, Purpose::Bot, Purpose::Api, Purpose::Other];
pub(crate) const STATES: [LegState; 5] =
    [LegState::Alerting, LegState::Connected, LegState::Parked, LegState::Ended, LegState::Unknown];
pub(crate) const WAYS: [Disconnect; 8] = [
    Disconnect::Transfer,
    Disconnect::NoAnswer,
    Disconnect::NotAvailable,
    Disconnect::Inactivity,
    Disconnect::SessionExpired,
    Disconnect::Spam,
    Disconnect::Other,
    Disconnect::Unknown,
];

/// A whole minute of the last hour or so, so that times are often equal; sometimes any instant, also at the ends of time.
fn any_time() -> impl Strategy<Value = Timestamp> {
    let minutes = (-60_i64..=5).prop_map(|minutes| noon() + SignedDuration::from_mins(minutes));
    let millis = (-7_200_000_i64..=60_000).prop_map(|ms| noon() + SignedDuration::from_millis(ms));
    prop_oneof![20 => minutes, 6 => millis, 1 => Just(Timestamp::MIN), 1 => Just(Timestamp::MAX)]
}

pub(crate) fn any_now() -> impl Strategy<Value = Timestamp> {
    prop_oneof![6 => Just(noon()), 3 => any_time()]
}

pub(crate) fn any_timeline() -> impl Strategy<Value = Duration> {
    prop_oneof![
        3 => (0_u64..=70).prop_map(Duration::from_mins),
        1 => (0_u64..=4_000_000).prop_map(Duration::from_millis),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::from_hours(72)),
        1 => Just(Duration::MAX),
    ]
}

fn any_name(names: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    option::weighted(0.8, select(names).prop_map(str::to_owned))
}

const USERS: &[&str] = &["maria", "tom", "li"];
const QUEUES: &[&str] = &["support", "billing", "sales"];

prop_compose! {
    /// One leg, without a name yet; its times may be missing, equal or the wrong way round.
    fn any_leg()(
        purpose in prop_oneof![
            3 => select(vec![Purpose::Customer, Purpose::Agent, Purpose::Acd]),
            2 => select(PURPOSES.to_vec()),
        ],
        state in prop_oneof![3 => Just(LegState::Ended), 2 => select(STATES.to_vec())],
        disconnect in option::weighted(0.7, select(WAYS.to_vec())),
        times in [0.9, 0.8, 0.8].map(|told| option::weighted(told, any_time())),
        user_id in any_name(USERS),
        queue_id in any_name(QUEUES),
        contact_id in any_name(&["contact-1", "contact-2"]),
    ) -> Leg {
        let [started, ended, changed] = times;
        Leg { id: String::new(), purpose, state, disconnect, started, ended, changed, user_id, queue_id, contact_id }
    }
}

prop_compose! {
    fn any_transfer()(
        state in prop_oneof![1 => Just(TransferState::Pending), 3 => Just(TransferState::Over)],
        issued in option::weighted(0.8, any_time()),
        from_user in any_name(USERS),
        to_user in any_name(USERS),
        to_queue in any_name(QUEUES),
    ) -> Transfer {
        Transfer { id: "handing-over".to_owned(), state, issued, from_user, to_user, to_queue }
    }
}

fn named(mut all: Vec<Leg>, transfers: Vec<Transfer>) -> Legs {
    for (index, leg) in all.iter_mut().enumerate() {
        leg.id = format!("leg-{index}");
    }
    conversation(all, transfers)
}

/// Any legs at all: all live, none live, and everything between.
fn chaos() -> impl Strategy<Value = Legs> {
    let size = prop_oneof![60 => 0..8_usize, 6 => 8..25_usize, 1 => 25..=100_usize];
    let legs = size.prop_flat_map(|size| prop::collection::vec(any_leg(), size));
    let transfers = prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(any_transfer(), 1..4)];
    let over = prop_oneof![3 => Just(false), 2 => Just(true)];
    let customer = option::weighted(0.8, any::<Index>());
    (legs, transfers, over, any_time(), customer).prop_map(|(mut legs, transfers, over, end, customer)| {
        if let Some(customer) = customer.filter(|_| !legs.is_empty()) {
            let at = customer.index(legs.len());
            legs[at].purpose = Purpose::Customer;
        }
        for leg in legs.iter_mut().filter(|leg| over && leg.is_live()) {
            leg.ended = Some(end);
        }
        named(legs, transfers)
    })
}

/// One step of a course: who comes, for how many seconds, and how it ends.
type Step = (Purpose, i64, Disconnect, bool, usize);

fn any_step() -> impl Strategy<Value = Step> {
    let purpose = select(vec![
        Purpose::Flow,
        Purpose::Acd,
        Purpose::Acd,
        Purpose::Agent,
        Purpose::Agent,
        Purpose::Agent,
        Purpose::Bot,
        Purpose::Api,
        Purpose::Customer,
    ]);
    (purpose, 0_i64..600, select(WAYS.to_vec()), prop::bool::weighted(0.15), 0_usize..9)
}

/// Legs that follow each other: each begins where the last ended, some stay beside the next, and what is last may be live.
fn courses() -> impl Strategy<Value = Legs> {
    let steps = prop::collection::vec(any_step(), 0..9);
    let last = prop_oneof![2 => Just(LegState::Ended), 5 => select(STATES.to_vec())];
    let ago = 0_i64..5_400;
    let transfers = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(any_transfer(), 1..3)];
    let customer = (prop::bool::weighted(0.7), select(WAYS.to_vec()));
    (steps, last, ago, transfers, customer, any::<Index>()).prop_map(|(steps, last, ago, transfers, customer, turn)| {
        let whole: i64 = steps.iter().map(|step| step.1).sum();
        let start = noon() - SignedDuration::from_secs(ago + whole);
        let mut time = start;
        let (customer_stays, customer_ends) = customer;
        let mut legs = Vec::new();
        let count = steps.len();
        for (index, (purpose, seconds, how, stays, pick)) in steps.into_iter().enumerate() {
            let end = time + SignedDuration::from_secs(seconds);
            let state = if stays { LegState::Connected } else { LegState::Ended };
            let state = if index + 1 == count { last } else { state };
            let ended = (state == LegState::Ended).then_some(end);
            legs.push(Leg {
                id: String::new(),
                purpose,
                state,
                disconnect: ended.map(|_| how),
                started: Some(time),
                ended,
                changed: ended.max(Some(time)),
                user_id: (purpose == Purpose::Agent).then(|| USERS[pick % 3].to_owned()),
                queue_id: matches!(purpose, Purpose::Agent | Purpose::Acd).then(|| QUEUES[pick / 3].to_owned()),
                contact_id: None,
            });
            time = end;
        }
        let ended = (!customer_stays).then_some(time);
        let customer = Leg {
            id: String::new(),
            purpose: Purpose::Customer,
            state: if customer_stays { LegState::Connected } else { LegState::Ended },
            disconnect: ended.map(|_| customer_ends),
            started: Some(start),
            ended,
            changed: ended.max(Some(start)),
            user_id: None,
            queue_id: None,
            contact_id: Some("contact-1".to_owned()),
        };
        legs.insert(0, customer);
        // Most platforms' lists are in order; nothing promises it.
        let at = turn.index(legs.len() * 3);
        if at < legs.len() {
            legs.rotate_left(at);
        }
        named(legs, transfers)
    })
}

pub(crate) fn any_conversation() -> impl Strategy<Value = Legs> {
    prop_oneof![chaos(), courses()]
}

/// Conversations in which no two times are the same, of legs in any order.
pub(crate) fn any_conversation_of_distinct_times() -> impl Strategy<Value = Legs> {
    let ranks = Just((0_i64..200).collect::<Vec<_>>()).prop_shuffle();
    (any_conversation(), ranks).prop_map(|(mut seen, ranks)| {
        let mut times = ranks.into_iter().map(|rank| noon() - SignedDuration::from_secs(rank * 11));
        for leg in &mut seen.all {
            let mut two = [times.next().unwrap(), times.next().unwrap()];
            two.sort();
            leg.started = Some(two[0]);
            leg.ended = leg.ended.map(|_| two[1]);
            leg.changed = Some(two[1]);
        }
        seen
    })
}
