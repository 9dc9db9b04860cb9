//! Many tabs of one browser show their tokens, with and without a thief.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use session_resumption::domain::token_line::{FIRST, Refreshed, Refusal, Shown, TokenLine};

const SHOW_FOR: Duration = Duration::from_mins(20);
/// How long a token is good after its successor was first shown, in seconds.
const GRACE: u64 = 10;
/// How long a new token is not replaced, in seconds.
const YOUNG: u64 = 60;
const REUSED: Shown = Shown::Refused(Refusal::Reused);
const REVOKED: Shown = Shown::Refused(Refusal::Revoked);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_second(seconds.try_into().unwrap()).unwrap()
}

fn line() -> TokenLine {
    TokenLine::begin(at(0), SHOW_FOR)
}

fn shows(line: &mut TokenLine, seconds: u64, generation: u64) -> Shown {
    line.use_generation(at(seconds), generation)
}

/// A call by one of the tabs. A call is on its way for a few seconds, there and back.
#[derive(Debug, Clone)]
struct Call {
    /// Seconds since the call before it.
    gap: u64,
    refresh: bool,
    there: u64,
    back: u64,
    /// Nobody hears the answer.
    lost: bool,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    // Some at nearly the same moment, some minutes apart; never so long that the line gets too old.
    let gap = prop_oneof![3 => 0_u64..4, 2 => 40_u64..80, 2 => 0_u64..600];
    let call = (gap, any::<bool>(), 0_u64..5, 0_u64..5, prop::bool::weighted(0.3));
    vec(call.prop_map(|(gap, refresh, there, back, lost)| Call { gap, refresh, there, back, lost }), 0..60)
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A browser's tab calls with what the browser holds then.
    Sent(usize),
    Arrived(usize, u64),
    Answered(u64),
}

/// Plays a browser whose tabs share one token. Returns what it holds in the end, and when that is.
fn play(line: &mut TokenLine, calls: &[Call]) -> Result<(u64, u64), TestCaseError> {
    let (mut held, mut now, mut sent) = (FIRST, 0, 0);
    let mut coming = BTreeSet::new();
    for (index, call) in calls.iter().enumerate() {
        sent += call.gap;
        coming.insert((sent, Event::Sent(index)));
    }
    while let Some((time, event)) = coming.pop_first() {
        now = time;
        match event {
            Event::Sent(index) => {
                coming.insert((now + calls[index].there, Event::Arrived(index, held)));
            }
            Event::Arrived(index, generation) if calls[index].refresh => {
                match line.refresh(at(now), generation, SHOW_FOR) {
                    Refreshed::Next { generation, .. } if !calls[index].lost => {
                        coming.insert((now + calls[index].back, Event::Answered(generation)));
                    }
                    Refreshed::Next { .. } | Refreshed::Keep => {}
                    Refreshed::Refused(refusal) => {
                        return Err(TestCaseError::fail(format!("{generation} at {now}: {refusal:?}")));
                    }
                }
            }
            Event::Arrived(_, generation) => {
                let shown = line.use_generation(at(now), generation);
                prop_assert_eq!(shown, Shown::Good, "{} at {}", generation, now);
            }
            Event::Answered(generation) => held = generation,
        }
    }
    Ok((held, now))
}

proptest! {
    #[test]
    fn an_honest_browser_is_never_turned_away(calls in calls()) {
        let mut line = line();
        let (held, now) = play(&mut line, &calls)?;
        prop_assert_eq!(shows(&mut line, now + 900, held), Shown::Good);
    }

    #[test]
    fn a_thief_who_shows_what_was_replaced_ends_the_line(
        before in calls(),
        later in 0_u64..600,
        age in 1_u64..4,
        shown in vec((any::<bool>(), 0_u64..80), 1..10),
    ) {
        let mut line = line();
        let (held, now) = play(&mut line, &before)?;
        // The owner goes on, and what the thief took is past its grace.
        prop_assert_eq!(shows(&mut line, now, held), Shown::Good);
        let mut now = now + GRACE + later;
        prop_assert_eq!(shows(&mut line, now, held.saturating_sub(age)), REUSED);
        for (refresh, generation) in shown {
            now += 1;
            if refresh {
                let refreshed = line.refresh(at(now), generation, SHOW_FOR);
                prop_assert_eq!(refreshed, Refreshed::Refused(Refusal::Revoked));
            } else {
                prop_assert_eq!(shows(&mut line, now, generation), REVOKED);
            }
        }
    }

    #[test]
    fn an_owner_who_comes_back_after_the_thief_ends_the_line(before in calls(), later in 0_u64..600) {
        let mut line = line();
        let (held, now) = play(&mut line, &before)?;
        // The thief refreshes what he took as soon as it is not young any more, and uses what he got.
        let now = now + YOUNG;
        let refreshed = line.refresh(at(now), held, SHOW_FOR);
        let Refreshed::Next { generation: got, .. } = refreshed else { panic!("{refreshed:?}") };
        prop_assert_eq!(shows(&mut line, now, got), Shown::Good);
        prop_assert_eq!(shows(&mut line, now + GRACE + later, held), REUSED);
        prop_assert_eq!(shows(&mut line, now + GRACE + later, got), REVOKED);
    }
}
