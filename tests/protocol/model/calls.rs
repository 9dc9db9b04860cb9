//! What callers, leads and the clock can do to handshakes.

use std::time::Duration;

use proptest::option;
use proptest::prelude::*;

use crate::drawing::newest_mostly;
use crate::given::USABLE_FOR;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Resumable,
    Ended,
    NotFound,
}

#[derive(Debug, Clone)]
pub(crate) enum Call {
    Join { who: usize, tab: Option<usize>, attempt: Option<usize>, lease_for: Duration },
    Conclude { who: usize, lease: usize, tab: Option<usize>, kind: Kind },
    Fail { who: usize, lease: usize, back_in: Duration },
    TakeOver { who: usize, tab: usize },
    View { who: usize, of: usize, handshake: usize, tab: Option<usize> },
    Confirm { who: usize, of: usize, handshake: usize },
    Speak { who: usize, handshake: usize, tab: usize, epochs_ago: u64 },
    Heartbeat { who: usize, tab: Option<usize> },
    Wait(Duration),
}

fn any_wait() -> impl Strategy<Value = Duration> {
    let milliseconds = vec![1, 1_000, 4_999, 5_000, 10_000, 29_999, 30_000, 30_001, 59_999, 60_000, 600_000];
    let hours =
        [Duration::from_mins(1), Duration::from_millis(1), Duration::ZERO].map(|less| USABLE_FOR.abs_diff(less));
    prop_oneof![
        14 => prop::sample::select(milliseconds).prop_map(Duration::from_millis),
        1 => prop::sample::select(hours.to_vec()),
    ]
}

pub(crate) fn any_call() -> impl Strategy<Value = Call> {
    let pair = || prop_oneof![4 => Just(0_usize), 1 => Just(1_usize)];
    let some_tab = || option::weighted(0.85, 0_usize..3);
    let kind = prop_oneof![5 => Just(Kind::Resumable), 1 => Just(Kind::Ended), 2 => Just(Kind::NotFound)];
    let lease_for = prop::sample::select(vec![5_u64, 10, 20]).prop_map(Duration::from_secs);
    let back_in = prop::sample::select(vec![0_u64, 1, 30]).prop_map(Duration::from_secs);
    prop_oneof![
        8 => (pair(), some_tab(), option::weighted(0.8, 0_usize..4), lease_for)
            .prop_map(|(who, tab, attempt, lease_for)| Call::Join { who, tab, attempt, lease_for }),
        6 => (pair(), newest_mostly(), some_tab(), kind)
            .prop_map(|(who, lease, tab, kind)| Call::Conclude { who, lease, tab, kind }),
        2 => (pair(), newest_mostly(), back_in).prop_map(|(who, lease, back_in)| Call::Fail { who, lease, back_in }),
        2 => (pair(), 0_usize..3).prop_map(|(who, tab)| Call::TakeOver { who, tab }),
        2 => (pair(), pair(), newest_mostly(), some_tab())
            .prop_map(|(who, of, handshake, tab)| Call::View { who, of, handshake, tab }),
        4 => (pair(), pair(), newest_mostly()).prop_map(|(who, of, handshake)| Call::Confirm { who, of, handshake }),
        2 => (pair(), newest_mostly(), 0_usize..3, 0_u64..2)
            .prop_map(|(who, handshake, tab, epochs_ago)| Call::Speak { who, handshake, tab, epochs_ago }),
        1 => (pair(), some_tab()).prop_map(|(who, tab)| Call::Heartbeat { who, tab }),
        6 => any_wait().prop_map(Call::Wait),
    ]
}
