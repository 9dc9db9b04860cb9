//! What scribes, other writers and the clock can do to a transcript.

use std::time::Duration;

use proptest::prelude::*;

use crate::messages::{MESSAGES, TIMEOUT};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// It lands, and its id comes back.
    Landed,
    /// It lands, and the answer is lost.
    Unheard,
    /// It lands later, and the answer is lost.
    Late,
    /// It never lands, and nobody is told.
    Lost,
    /// It is refused, for certain.
    Refused,
}

#[derive(Debug, Clone)]
pub(crate) enum Scene {
    Begin { scribe: usize, who: usize, upto: usize, hold_for: Duration },
    Reconcile { scribe: usize },
    Post { scribe: usize, fate: Fate },
    Report { scribe: usize },
    Crash { scribe: usize },
    AnnounceAndCrash { scribe: usize },
    SomebodyElseWrites,
    Land { post: usize },
    Wait { wait: Duration, late: bool },
}

pub(crate) fn any_scene() -> impl Strategy<Value = Scene> {
    let scribe = || prop_oneof![2 => Just(0_usize), 1 => Just(1_usize), 1 => Just(2_usize)];
    let fate = prop::sample::select(vec![
        Fate::Landed,
        Fate::Landed,
        Fate::Landed,
        Fate::Unheard,
        Fate::Late,
        Fate::Late,
        Fate::Lost,
        Fate::Refused,
    ]);
    let hold_for = prop::sample::select(vec![TIMEOUT / 2, TIMEOUT, 3 * TIMEOUT]);
    let wait =
        prop::sample::select(vec![1_u64, 4_000, 5_000, 9_999, 10_000, 19_999, 20_000]).prop_map(Duration::from_millis);
    prop_oneof![
        6 => (scribe(), 0_usize..2, 1..=MESSAGES, hold_for)
            .prop_map(|(scribe, who, upto, hold_for)| Scene::Begin { scribe, who, upto, hold_for }),
        6 => scribe().prop_map(|scribe| Scene::Reconcile { scribe }),
        10 => (scribe(), fate).prop_map(|(scribe, fate)| Scene::Post { scribe, fate }),
        9 => scribe().prop_map(|scribe| Scene::Report { scribe }),
        1 => scribe().prop_map(|scribe| Scene::Crash { scribe }),
        1 => scribe().prop_map(|scribe| Scene::AnnounceAndCrash { scribe }),
        1 => Just(Scene::SomebodyElseWrites),
        2 => (0_usize..3).prop_map(|post| Scene::Land { post }),
        4 => (wait, any::<bool>()).prop_map(|(wait, late)| Scene::Wait { wait, late }),
    ]
}
