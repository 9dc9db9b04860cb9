//! The breaker beside a model that keeps every call it ever saw.

use proptest::prelude::*;

use super::*;

const WINDOW: Duration = Duration::from_secs(20);
const SLICE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
enum Step {
    /// A first try, or a later one, wants to be made.
    Ask {
        again: bool,
    },
    /// One of those under way ends so.
    End(prop::sample::Index, Verdict, f64),
    Pass(Duration),
}

fn step() -> impl Strategy<Value = Step> {
    let verdict = prop_oneof![
        4 => Just(Verdict::Failed),
        3 => Just(Verdict::Answered),
        1 => Just(Verdict::Nothing)
    ];
    let end =
        (any::<prop::sample::Index>(), verdict, 0.0..1.0).prop_map(|(which, how, unit)| Step::End(which, how, unit));
    let pass = prop_oneof![20 => 0_u64..300, 1 => 0_u64..15_000].prop_map(|ms| Step::Pass(Duration::from_millis(ms)));
    prop_oneof![5 => prop::bool::weighted(0.2).prop_map(|again| Step::Ask { again }), 5 => end, 2 => pass]
}

/// What a breaker promises, told from the history alone.
#[derive(Default)]
struct Model {
    /// Every call that counts since the circuit was last closed: when, and whether it failed.
    calls: Vec<(Duration, bool)>,
    /// Since when it is not closed, and how often it opened in a row.
    opened: Option<(Duration, u32)>,
    probe: bool,
}

impl Model {
    /// Whether at least six of ten calls failed, and ten were made, in a window that moves by the slice.
    fn is_bad(&self, now: Duration) -> bool {
        let slice = |at: Duration| at.as_secs() / SLICE.as_secs();
        let is_recent = |at: Duration| slice(now) - slice(at) < WINDOW.as_secs() / SLICE.as_secs();
        let recent: Vec<bool> = self.calls.iter().filter(|(at, _)| is_recent(*at)).map(|(_, failed)| *failed).collect();
        let failures = recent.iter().filter(|failed| **failed).count();
        recent.len() >= 10 && 10 * failures >= 6 * recent.len()
    }
}

proptest! {
    #[test]
    fn it_does_what_the_history_says(steps in prop::collection::vec(step(), 1..400)) {
        let (mut breaker, mut model) = (Breaker::new(), Model::default());
        let mut now = Duration::ZERO;
        let mut under_way: Vec<Ticket> = Vec::new();
        for step in steps {
            match step {
                Step::Pass(by) => now += by,
                Step::Ask { again } => {
                    let mut asked = breaker.admit(now);
                    if let (Ok(ticket), true) = (&mut asked, again) {
                        ticket.again();
                    }
                    match model.opened {
                        None => prop_assert!(asked.is_ok(), "closed, it refuses nothing"),
                        Some(_) if model.probe => prop_assert_eq!(asked.as_ref().err(), Some(&Duration::ZERO), "one probe at a time"),
                        Some((since, failed)) => {
                            let longest = Duration::from_secs([2, 4, 8, 10][failed.min(4) as usize - 1]);
                            let open_for = now.saturating_sub(since);
                            if let Err(left) = asked {
                                prop_assert!(open_for < longest, "it stays open no longer than that");
                                prop_assert!(left <= longest.saturating_sub(open_for) && !left.is_zero(), "and says how long");
                                let mut later = Breaker { state: copy(&breaker.state), generation: 0 };
                                prop_assert!(later.admit(now + left).is_ok(), "and keeps its word");
                            } else {
                                prop_assert!(open_for >= longest / 2, "open, it lets nothing through");
                                model.probe = true;
                            }
                        }
                    }
                    under_way.extend(asked);
                }
                Step::End(which, verdict, unit) => {
                    if under_way.is_empty() {
                        continue;
                    }
                    let ticket = under_way.swap_remove(which.index(under_way.len()));
                    let counts = breaker.honours(&ticket);
                    breaker.settle(&ticket, verdict, now, unit);
                    if !counts {
                        continue;
                    }
                    match (model.opened, verdict) {
                        (Some(_), Verdict::Answered) => model = Model::default(),
                        (Some((_, failed)), Verdict::Failed) => {
                            model = Model { opened: Some((now, failed + 1)), ..Model::default() };
                        }
                        (Some(_), Verdict::Nothing) => model.probe = false,
                        (None, Verdict::Nothing) => {}
                        (None, _) if ticket.again => {}
                        (None, verdict) => {
                            model.calls.push((now, verdict == Verdict::Failed));
                            if verdict == Verdict::Failed && model.is_bad(now) {
                                model = Model { opened: Some((now, 1)), ..Model::default() };
                            }
                        }
                    }
                }
            }
            let probes = under_way.iter().filter(|ticket| breaker.honours(ticket)).count();
            prop_assert!(model.opened.is_none() || probes == usize::from(model.probe));
            let phase = match breaker.phase() {
                Phase::Closed => None,
                Phase::HalfOpen | Phase::Open => Some(()),
            };
            prop_assert_eq!(phase, model.opened.map(|_| ()));
        }
    }
}

fn copy(state: &State) -> State {
    match state {
        State::Closed(_) => State::Closed(Window::default()),
        State::Open { until, opened } => State::Open { until: *until, opened: *opened },
        State::HalfOpen { probing, opened } => State::HalfOpen { probing: *probing, opened: *opened },
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn run(breaker: &mut Breaker, now: Duration, verdict: Verdict, times: u32) {
    for _ in 0..times {
        let ticket = breaker.admit(now).unwrap();
        breaker.settle(&ticket, verdict, now, 0.0);
    }
}

#[test]
fn six_of_ten_open_it_and_fewer_do_not() {
    let mut breaker = Breaker::new();
    run(&mut breaker, seconds(0), Verdict::Failed, 9);
    assert_eq!(breaker.phase(), Phase::Closed, "too few to tell");
    run(&mut breaker, seconds(0), Verdict::Failed, 1);
    assert_eq!(breaker.phase(), Phase::Open);

    let mut breaker = Breaker::new();
    run(&mut breaker, seconds(0), Verdict::Answered, 20);
    run(&mut breaker, seconds(0), Verdict::Failed, 29);
    assert_eq!(breaker.phase(), Phase::Closed, "20 of 49 were answered");
    run(&mut breaker, seconds(0), Verdict::Failed, 1);
    assert_eq!(breaker.phase(), Phase::Open);
}

#[test]
fn a_call_counts_once_however_often_it_is_tried() {
    let mut breaker = Breaker::new();
    run(&mut breaker, seconds(0), Verdict::Failed, 9);
    for _ in 0..20 {
        let mut again = breaker.admit(seconds(0)).unwrap();
        again.again();
        breaker.settle(&again, Verdict::Failed, seconds(0), 0.0);
    }
    assert_eq!(breaker.phase(), Phase::Closed);
    run(&mut breaker, seconds(0), Verdict::Failed, 1);
    let mut probe = breaker.admit(seconds(1)).unwrap();
    probe.again();
    breaker.settle(&probe, Verdict::Answered, seconds(1), 0.0);
    assert_eq!(breaker.phase(), Phase::Closed, "but a probe is a probe");
}

#[test]
fn what_is_long_ago_is_forgotten() {
    let mut breaker = Breaker::new();
    run(&mut breaker, seconds(0), Verdict::Failed, 9);
    run(&mut breaker, seconds(20), Verdict::Failed, 9);
    assert_eq!(breaker.phase(), Phase::Closed);
    run(&mut breaker, seconds(39), Verdict::Failed, 1);
    assert_eq!(breaker.phase(), Phase::Open, "a moment less than twenty seconds ago");
}

#[test]
fn it_stays_open_longer_each_time_a_probe_fails_and_forgets_that_when_one_succeeds() {
    let mut breaker = Breaker::new();
    let mut now = seconds(0);
    run(&mut breaker, now, Verdict::Failed, 10);
    for open_for in [1, 2, 4, 5, 5] {
        assert_eq!(breaker.admit(now).err(), Some(seconds(open_for)), "drawn as short as can be");
        now += seconds(open_for);
        run(&mut breaker, now, Verdict::Failed, 1);
    }
    now += seconds(5);
    run(&mut breaker, now, Verdict::Answered, 1);
    assert_eq!(breaker.phase(), Phase::Closed);
    run(&mut breaker, now, Verdict::Failed, 10);
    assert_eq!(breaker.admit(now).err(), Some(seconds(1)));
}

#[test]
fn a_probe_that_told_nothing_makes_room_for_the_next() {
    let mut breaker = Breaker::new();
    run(&mut breaker, seconds(0), Verdict::Failed, 10);
    run(&mut breaker, seconds(1), Verdict::Nothing, 3);
    assert_eq!(breaker.phase(), Phase::HalfOpen);
    let probe = breaker.admit(seconds(1)).unwrap();
    assert_eq!(breaker.admit(seconds(1)).err(), Some(Duration::ZERO));
    breaker.settle(&probe, Verdict::Answered, seconds(1), 0.0);
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn what_began_before_a_change_decides_nothing_after_it() {
    let mut breaker = Breaker::new();
    let early: Vec<_> = (0..30).map(|_| breaker.admit(seconds(0)).unwrap()).collect();
    for ticket in &early[..10] {
        breaker.settle(ticket, Verdict::Failed, seconds(0), 0.0);
    }
    assert!(!breaker.honours(&early[10]), "nothing more is sent");
    let probe = breaker.admit(seconds(1)).unwrap();
    breaker.settle(&early[10], Verdict::Answered, seconds(1), 0.0);
    breaker.settle(&early[11], Verdict::Nothing, seconds(1), 0.0);
    assert!(breaker.admit(seconds(1)).is_err(), "the probe is still under way");
    breaker.settle(&probe, Verdict::Answered, seconds(1), 0.0);
    for ticket in &early[12..] {
        breaker.settle(ticket, Verdict::Failed, seconds(1), 0.0);
    }
    assert_eq!(breaker.phase(), Phase::Closed);
}
