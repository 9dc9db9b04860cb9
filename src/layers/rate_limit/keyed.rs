//! One bucket a key, in bounded memory.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher as _, Hash};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Keys kept at once by default: some MiB.
const MOST: usize = 100_000;

/// A steady rate, and how much may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests in a minute.
    pub per_minute: NonZeroU32,
    /// Requests at once after a rest.
    pub burst: NonZeroU32,
}

impl Rate {
    /// The time in which one request is earned.
    fn interval(self) -> Duration {
        Duration::from_mins(1) / self.per_minute.get()
    }
}

/// Where a key stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests at once after a rest.
    pub limit: u32,
    /// Requests that may come at once now.
    pub remaining: u32,
    /// When that is the limit again.
    pub reset: Duration,
}

/// A request that came too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// When one may come.
    pub retry_after: Duration,
    /// Where the key stands.
    pub standing: Standing,
}

/// The debts of all keys at one rate (GCRA: what is kept of a key is the instant at which it will have paid).
///
/// Keys are kept by their hash, under a secret of the process. When there is no room for one more, keys that owe nothing are
/// forgotten, which changes nothing; if all owe, the new one is measured against a bucket that all newcomers share. So nobody gets rid
/// of a debt by inventing keys, and who is known is not starved by those who do.
#[derive(Debug)]
pub struct Keyed {
    rate: Rate,
    most: usize,
    hasher: RandomState,
    debts: Mutex<Debts>,
}

#[derive(Debug, Default)]
struct Debts {
    paid_at: HashMap<u64, Instant>,
    /// Newcomers' while there is no room.
    crowd: Option<Instant>,
    /// No key owes less than until here: before it, a sweep would find nothing.
    sweep_at: Option<Instant>,
}

impl Keyed {
    /// Holds each key to this rate.
    pub fn new(rate: Rate) -> Self {
        Self::keeping(rate, MOST)
    }

    /// The same, with `most` keys at once.
    pub fn keeping(rate: Rate, most: usize) -> Self {
        Self { rate, most, hasher: RandomState::new(), debts: Mutex::new(Debts::default()) }
    }

    /// Counts a request of this key, if it may come now.
    pub fn check(&self, key: &impl Hash) -> Result<Standing, Refused> {
        let now = Instant::now();
        let hash = self.hasher.hash_one(key);
        // Nothing panics while it is held.
        let mut debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        let room = debts.paid_at.len() < self.most || debts.paid_at.contains_key(&hash) || debts.sweep(now) > 0;
        if !room {
            let Debts { crowd, .. } = &mut *debts;
            return self.spend(crowd.get_or_insert(now), now);
        }
        match debts.paid_at.entry(hash) {
            Entry::Occupied(mut entry) => self.spend(entry.get_mut(), now),
            Entry::Vacant(entry) => self.spend(entry.insert(now), now),
        }
    }

    fn spend(&self, paid_at: &mut Instant, now: Instant) -> Result<Standing, Refused> {
        let interval = self.rate.interval();
        let most = interval * self.rate.burst.get();
        let owed = paid_at.saturating_duration_since(now);
        let after = owed + interval;
        if let Some(retry_after) = after.checked_sub(most).filter(|early| !early.is_zero()) {
            return Err(Refused { retry_after, standing: self.standing(owed) });
        }
        *paid_at = now + after;
        Ok(self.standing(after))
    }

    fn standing(&self, owed: Duration) -> Standing {
        let limit = self.rate.burst.get();
        let spent = owed.as_nanos().div_ceil(self.rate.interval().as_nanos().max(1));
        let remaining = limit.saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX));
        Standing { limit, remaining, reset: owed }
    }
}

impl Debts {
    /// Forgets keys that owe nothing; how many. It looks at all keys, so only when one of them can have paid since.
    fn sweep(&mut self, now: Instant) -> usize {
        if self.sweep_at.is_some_and(|at| now < at) {
            return 0;
        }
        let before = self.paid_at.len();
        self.paid_at.retain(|_, paid_at| *paid_at > now);
        self.sweep_at = self.paid_at.values().min().copied();
        before - self.paid_at.len()
    }
}
