//! Our share of Genesys' request limit, counted in this process.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ports::{Budget, Spent};

/// The longest wait for a turn. A caller that must wait longer is told so at once: it can spend the time better than in a
/// connection that is held open for it, and what it asks for may have changed by then.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How often it is shown what remains: about as often as somebody looks.
const SHOW_EVERY: Duration = Duration::from_secs(5);

/// The most requests in any minute.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At any time.
    pub per_minute: NonZeroU32,
    /// While the replicas cannot know of each other.
    pub while_degraded: NonZeroU32,
}

/// Allows at most so many requests in any minute, first come first served.
#[derive(Debug)]
pub struct GcraBudget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    gates: Mutex<Gates>,
    degraded: watch::Receiver<bool>,
    /// Whether somebody shows what remains while it fills up again.
    showing: AtomicBool,
}

/// Times count from the budget's beginning.
#[derive(Debug)]
struct Gates {
    whole: Gate,
    share: Gate,
}

/// After silence a burst of a third is let through, the rest at an even pace. Burst and refill of a minute together make the
/// limit, so that no minute, wherever it begins, sees more: a burst of the whole limit would let nearly twice the limit through
/// in the minute after a silence.
#[derive(Debug, Clone)]
struct Gate {
    /// Between two turns at the even pace.
    interval: Duration,
    /// How far turns may be ahead of the even pace.
    ahead: Duration,
    /// When the next turn would come at the even pace.
    due: Duration,
}

// === impl GcraBudget ===

impl GcraBudget {
    /// A budget within these limits; the flag tells whether it is degraded.
    pub fn new(limits: Limits, degraded: watch::Receiver<bool>) -> Self {
        let (gates, showing) = (Mutex::new(Gates::new(limits)), AtomicBool::new(false));
        let shared = Shared { began: Instant::now(), gates, degraded, showing };
        shared.show();
        Self { shared: Arc::new(shared) }
    }
}

impl Shared {
    /// Shows what remains, and answers whether that is all there can be.
    fn show(&self) -> bool {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let (remaining, most) = gates.free(self.began.elapsed(), *self.degraded.borrow());
        metrics::gauge!("session_resumption_budget_remaining").set(f64::from(remaining));
        remaining == most
    }

    /// Shows what remains now, and while it fills up again.
    fn show_refill(self: &Arc<Self>) {
        self.show();
        if self.showing.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                sleep(SHOW_EVERY).await;
                let Some(shared) = shared.upgrade() else { return };
                if !shared.show() {
                    continue;
                }
                shared.showing.store(false, Ordering::Relaxed);
                // Who took a turn in between relied on us.
                if shared.show() || shared.showing.swap(true, Ordering::Relaxed) {
                    return;
                }
            }
        });
    }
}

#[async_trait]
impl Budget for GcraBudget {
    async fn take(&self, deadline: Instant) -> Result<(), Spent> {
        let Shared { began, gates, degraded, .. } = &*self.shared;
        let now = Instant::now();
        let last = deadline.min(now + LONGEST_WAIT).saturating_duration_since(*began);
        let degraded = *degraded.borrow();
        let turn = gates.lock().unwrap_or_else(PoisonError::into_inner).reserve(now - *began, last, degraded);
        self.shared.show_refill();
        let turn = *began + turn?;
        if turn > now {
            // A caller that leaves before its turn forfeits it: too few requests are allowed then, never too many.
            sleep_until(turn).await;
        }
        Ok(())
    }
}

// === impl Gates ===

impl Gates {
    fn new(limits: Limits) -> Self {
        Self { whole: Gate::new(limits.per_minute), share: Gate::new(limits.while_degraded) }
    }

    /// Reserves the next free turn if it comes at `last` or before, and nothing otherwise. Whoever asks next finds it taken and
    /// gets the one after it: a queue without waking everyone for each turn.
    ///
    /// Turns of the share are turns of the whole, too, so that the share's end opens no second budget. Turns given out before
    /// its beginning are kept: they come within the longest wait.
    fn reserve(&mut self, now: Duration, last: Duration, degraded: bool) -> Result<Duration, Spent> {
        let mut turn = self.whole.next(now);
        if degraded {
            turn = self.share.next(turn);
        }
        if turn > last {
            return Err(Spent { retry_after: turn.saturating_sub(now) });
        }
        self.whole.take(turn);
        if degraded {
            self.share.take(turn);
        }
        Ok(turn)
    }

    /// The turns that are free at once, and the most that ever are.
    fn free(&self, now: Duration, degraded: bool) -> (u32, u32) {
        let (whole, share) = (self.whole.free(now), self.share.free(now));
        if degraded && share.0 < whole.0 { share } else { whole }
    }
}

// === impl Gate ===

impl Gate {
    fn new(per_minute: NonZeroU32) -> Self {
        let burst = (per_minute.get() / 3).max(1);
        let sustained = (per_minute.get() - burst).max(1);
        // Rounded up, lest a minute see one more.
        let interval = Duration::from_nanos(60_000_000_000_u64.div_ceil(sustained.into()));
        Self { interval, ahead: interval * (burst - 1), due: Duration::ZERO }
    }

    /// The first free turn from now on.
    fn next(&self, now: Duration) -> Duration {
        now.max(self.due.saturating_sub(self.ahead))
    }

    /// The turns that are free at once, and the most that ever are.
    fn free(&self, now: Duration) -> (u32, u32) {
        let turns = |time: Duration| u32::try_from(time.as_nanos() / self.interval.as_nanos()).unwrap_or(u32::MAX);
        let behind = self.due.saturating_sub(now);
        let free = self.ahead.checked_sub(behind).map_or(0, |left| turns(left) + 1);
        (free, turns(self.ahead) + 1)
    }

    /// Takes a turn that is free.
    fn take(&mut self, turn: Duration) {
        self.due = self.due.max(turn) + self.interval;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// The most turns in any window of a minute.
    fn busiest_minute(turns: &[Duration]) -> usize {
        let mut first = 0;
        let mut most = 0;
        for (index, turn) in turns.iter().enumerate() {
            while turn.saturating_sub(turns[first]) >= MINUTE {
                first += 1;
            }
            most = most.max(index - first + 1);
        }
        most
    }

    fn limits(per_minute: u32, while_degraded: u32) -> Limits {
        let [per_minute, while_degraded] = [per_minute, while_degraded].map(|limit| NonZeroU32::new(limit).unwrap());
        Limits { per_minute, while_degraded }
    }

    fn budget(per_minute: u32) -> GcraBudget {
        GcraBudget::new(limits(per_minute, 1), watch::channel(false).1)
    }

    #[test]
    fn greedy_takers_never_get_more_than_the_limit_and_nearly_all_of_it() {
        for limit in [1, 2, 3, 4, 7, 30, 300, 1000] {
            let mut gates = Gates::new(limits(limit, 1));
            let mut turns = Vec::new();
            // Three minutes of knocking every 5 ms, a silence that fills the bucket, and again.
            for step in (0..36_000).chain(72_000..108_000) {
                let now = Duration::from_millis(5 * step);
                while let Ok(turn) = gates.reserve(now, now + LONGEST_WAIT, false) {
                    turns.push(turn);
                }
            }
            let busiest = busiest_minute(&turns);
            let limit = usize::try_from(limit).unwrap();
            assert!(busiest <= limit, "{busiest} of {limit}");
            assert!(busiest + 1 >= limit, "{busiest} of {limit}");
        }
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_the_limit(
            limit in 1_u32..400,
            gaps in prop::collection::vec((0_u64..4000, 0_u64..3000), 1..600),
        ) {
            let mut gates = Gates::new(limits(limit, 1));
            let (mut now, mut turns) = (Duration::ZERO, Vec::new());
            for (gap, patience) in gaps {
                now += Duration::from_millis(gap % 97 * gap / 97);
                let last = now + Duration::from_millis(patience);
                match gates.reserve(now, last, false) {
                    Ok(turn) => {
                        prop_assert!(now <= turn && turn <= last);
                        turns.push(turn);
                    }
                    Err(spent) => prop_assert!(now + spent.retry_after > last),
                }
            }
            prop_assert!(turns.is_sorted(), "first come, first served");
            prop_assert!(busiest_minute(&turns) <= usize::try_from(limit).unwrap());
        }

        #[test]
        fn as_many_as_are_said_to_be_free_are_had_at_once(
            (limit, share) in (1_u32..400).prop_flat_map(|limit| (Just(limit), 1..=limit)),
            steps in prop::collection::vec((0_u64..9000, 0_usize..60, any::<bool>()), 1..60),
        ) {
            let mut gates = Gates::new(limits(limit, share));
            let mut now = Duration::ZERO;
            for (gap, takes, degraded) in steps {
                now += Duration::from_millis(gap);
                for _ in 0..takes {
                    let (free, most) = gates.free(now, degraded);
                    prop_assert!(free <= most);
                    prop_assert_eq!(gates.reserve(now, now, degraded).is_ok(), free > 0);
                    if free > 0 {
                        prop_assert!(gates.free(now, degraded).0 < free);
                    }
                }
                let (free, _) = gates.free(now, degraded);
                let mut left = 0;
                let mut greedy = Gates { whole: gates.whole.clone(), share: gates.share.clone() };
                while greedy.reserve(now, now, degraded).is_ok() {
                    left += 1;
                }
                prop_assert_eq!(left, free);
            }
        }

        #[test]
        fn no_degraded_minute_sees_more_than_the_share_and_none_more_than_the_limit(
            (limit, share) in (1_u32..400).prop_flat_map(|limit| (Just(limit), 1..=limit)),
            spells in prop::collection::vec((any::<bool>(), 1_u64..200_000, 1_u64..500), 1..8),
        ) {
            let mut gates = Gates::new(limits(limit, share));
            let (mut now, mut turns) = (Duration::ZERO, Vec::new());
            let mut by_the_share = Vec::new();
            for (degraded, lasts, every) in spells {
                let end = now + Duration::from_millis(lasts);
                // What was given out before the spell comes within the longest wait.
                let begins = now + LONGEST_WAIT;
                while now < end {
                    while let Ok(turn) = gates.reserve(now, now + LONGEST_WAIT, degraded) {
                        turns.push(turn);
                    }
                    now += Duration::from_millis(every);
                }
                if degraded {
                    by_the_share.push((begins, end));
                }
            }
            turns.sort();
            prop_assert!(busiest_minute(&turns) <= usize::try_from(limit).unwrap());
            for (begins, end) in by_the_share {
                let within: Vec<Duration> =
                    turns.iter().copied().filter(|turn| (begins..end).contains(turn)).collect();
                prop_assert!(busiest_minute(&within) <= usize::try_from(share).unwrap());
            }
        }
    }

    #[test]
    fn a_share_that_is_spent_leaves_the_rest_to_those_after_it() {
        // Bursts of 10 and 1; every 3 s and every 30 s after it.
        let mut gates = Gates::new(limits(30, 3));
        let at = Duration::from_secs;
        assert_eq!(gates.reserve(at(0), at(0), true), Ok(at(0)));
        for _ in 0..50 {
            assert_eq!(gates.reserve(at(0), at(2), true).map_err(|spent| spent.retry_after), Err(at(30)));
        }
        for _ in 1..10 {
            assert_eq!(gates.reserve(at(0), at(0), false), Ok(at(0)));
        }
        assert_eq!(gates.reserve(at(0), at(0), false).map_err(|spent| spent.retry_after), Err(at(3)));
        assert_eq!(gates.reserve(at(30), at(30), true), Ok(at(30)));
    }

    #[tokio::test]
    async fn the_flag_decides_which_limit_holds() {
        let (flag, degraded) = watch::channel(true);
        let budget = GcraBudget::new(limits(300, 3), degraded);
        let deadline = Instant::now() + MINUTE;
        assert_eq!(budget.take(deadline).await, Ok(()));
        assert!(budget.take(deadline).await.is_err());
        flag.send_replace(false);
        assert_eq!(budget.take(deadline).await, Ok(()));
    }

    #[test]
    fn a_refusal_costs_nothing_and_names_the_time_of_the_next_turn() {
        let mut gates = Gates::new(limits(3, 1));
        let at = Duration::from_secs;
        assert_eq!(gates.reserve(at(0), at(0), false), Ok(at(0)));
        for _ in 0..5 {
            assert_eq!(gates.reserve(at(10), at(29), false).map_err(|spent| spent.retry_after), Err(at(20)));
        }
        assert_eq!(gates.reserve(at(10), at(30), false), Ok(at(30)));
        assert_eq!(gates.reserve(at(10), at(30), false).map_err(|spent| spent.retry_after), Err(at(50)));
    }

    #[tokio::test]
    async fn taking_waits_for_the_turn_within_the_deadline_and_no_longer() {
        // Bursts of 400, then one every 75 ms.
        let budget = budget(1200);
        let now = Instant::now();
        for _ in 0..400 {
            assert_eq!(budget.take(now + MINUTE).await, Ok(()));
        }
        assert!(budget.take(Instant::now()).await.is_err(), "no turn is free at once");
        assert_eq!(budget.take(now + MINUTE).await, Ok(()));
        assert!(now.elapsed() >= Duration::from_millis(70), "{:?}", now.elapsed());
    }

    #[tokio::test]
    async fn a_wait_of_more_than_two_seconds_is_refused_whatever_the_deadline() {
        let budget = budget(3);
        let deadline = Instant::now() + MINUTE;
        assert_eq!(budget.take(deadline).await, Ok(()));
        let spent = budget.take(deadline).await.unwrap_err();
        assert!(spent.retry_after > Duration::from_secs(29), "{spent:?}");
    }
}
