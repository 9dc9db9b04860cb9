//! Our share of Genesys' request limit, counted in this process.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use governor::clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep_until};

use crate::ports::{Budget, Spent};

/// The longest wait for a turn. A caller that must wait longer is told so at once: it can spend the time better than in a
/// connection that is held open for it, and what it asks for may have changed by then.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Allows at most so many requests in any minute, first come first served.
///
/// It is a GCRA: after silence a burst of a third is let through, the rest at an even pace. Bucket and refill of a minute
/// together make the limit, so that no minute, wherever it begins, sees more: a bucket of the whole limit would let nearly
/// twice the limit through in the minute after a silence.
#[derive(Debug)]
pub struct GcraBudget {
    began: Instant,
    gate: Mutex<Gate>,
}

/// The limiter and the hand on its clock. Times count from the budget's beginning.
#[derive(Debug)]
struct Gate {
    limiter: RateLimiter<NotKeyed, InMemoryState, AskedAbout, NoOpMiddleware<Duration>>,
    clock: AskedAbout,
}

/// The instant the limiter is asked about: now, or a turn to come that is being reserved.
#[derive(Debug, Clone, Default)]
struct AskedAbout(Arc<Mutex<Duration>>);

// === impl GcraBudget ===

impl GcraBudget {
    /// A budget of so many requests in any minute.
    pub fn new(per_minute: NonZeroU32) -> Self {
        Self { began: Instant::now(), gate: Mutex::new(Gate::new(per_minute)) }
    }
}

#[async_trait]
impl Budget for GcraBudget {
    async fn take(&self, deadline: Instant) -> Result<(), Spent> {
        let now = Instant::now();
        let last = deadline.min(now + LONGEST_WAIT);
        let turn = self
            .gate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reserve(now - self.began, last.saturating_duration_since(self.began))?;
        let turn = self.began + turn;
        if turn > now {
            // A caller that leaves before its turn forfeits it: too few requests are allowed then, never too many.
            sleep_until(turn).await;
        }
        Ok(())
    }
}

// === impl Gate ===

impl Gate {
    fn new(per_minute: NonZeroU32) -> Self {
        let burst = NonZeroU32::new(per_minute.get() / 3).unwrap_or(NonZeroU32::MIN);
        let sustained = NonZeroU32::new(per_minute.get() - burst.get()).unwrap_or(NonZeroU32::MIN);
        let clock = AskedAbout::default();
        let quota = Quota::per_minute(sustained).allow_burst(burst);
        Self { limiter: RateLimiter::direct_with_clock(quota, clock.clone()), clock }
    }

    /// Reserves the next free turn if it comes at `last` or before, and nothing otherwise.
    fn reserve(&mut self, now: Duration, last: Duration) -> Result<Duration, Spent> {
        self.clock.set(now);
        let Err(not_yet) = self.limiter.check() else {
            return Ok(now);
        };
        let wait = not_yet.wait_time_from(now);
        let turn = now + wait;
        if turn > last {
            return Err(Spent { retry_after: wait });
        }
        // Whoever asks next finds this turn taken and gets the one after it: a queue without waking everyone for each turn.
        self.clock.set(turn);
        self.limiter.check().map_or(Err(Spent { retry_after: wait }), |()| Ok(turn))
    }
}

// === impl AskedAbout ===

impl AskedAbout {
    fn set(&self, instant: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = instant;
    }
}

impl clock::Clock for AskedAbout {
    type Instant = Duration;

    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn gate(per_minute: u32) -> Gate {
        Gate::new(NonZeroU32::new(per_minute).unwrap())
    }

    #[test]
    fn greedy_takers_never_get_more_than_the_limit_and_nearly_all_of_it() {
        for limit in [1, 2, 3, 4, 7, 30, 300, 1000] {
            let mut gate = gate(limit);
            let mut turns = Vec::new();
            // Three minutes of knocking every 5 ms, a silence that fills the bucket, and again.
            for step in (0..36_000).chain(72_000..108_000) {
                let now = Duration::from_millis(5 * step);
                while let Ok(turn) = gate.reserve(now, now + LONGEST_WAIT) {
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
            let mut gate = gate(limit);
            let (mut now, mut turns) = (Duration::ZERO, Vec::new());
            for (gap, patience) in gaps {
                now += Duration::from_millis(gap % 97 * gap / 97);
                let last = now + Duration::from_millis(patience);
                match gate.reserve(now, last) {
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
    }

    #[test]
    fn a_refusal_costs_nothing_and_names_the_time_of_the_next_turn() {
        let mut gate = gate(3);
        let at = Duration::from_secs;
        assert_eq!(gate.reserve(at(0), at(0)), Ok(at(0)));
        for _ in 0..5 {
            assert_eq!(gate.reserve(at(10), at(29)).map_err(|spent| spent.retry_after), Err(at(20)));
        }
        assert_eq!(gate.reserve(at(10), at(30)), Ok(at(30)));
        assert_eq!(gate.reserve(at(10), at(30)).map_err(|spent| spent.retry_after), Err(at(50)));
    }

    #[tokio::test]
    async fn taking_waits_for_the_turn_within_the_deadline_and_no_longer() {
        // Bursts of 400, then one every 75 ms.
        let budget = GcraBudget::new(NonZeroU32::new(1200).unwrap());
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
        let budget = GcraBudget::new(NonZeroU32::new(3).unwrap());
        let deadline = Instant::now() + MINUTE;
        assert_eq!(budget.take(deadline).await, Ok(()));
        let spent = budget.take(deadline).await.unwrap_err();
        assert!(spent.retry_after > Duration::from_secs(29), "{spent:?}");
    }
}
