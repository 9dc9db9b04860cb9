//! Chance that can be repeated: what a seed comes to is the same everywhere and for ever.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use session_resumption::ports::Entropy;
use uuid::Uuid;

/// A run of chance: `SplitMix64`.
pub(crate) struct Chance(u64);

// === impl Chance ===

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A run of its own, so that more draws in one place change nothing in another.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly from 0 up to, and without, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn is(&mut self, likely: f64) -> bool {
        self.unit() < likely
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }

    /// Evenly between two times.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.unit())
    }

    /// The wait for what happens once in this time on average, and at any moment as likely as at any other.
    pub(crate) fn once_in(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.unit()).ln())
    }
}

/// The same as the service's own.
pub(crate) struct Seeded(Mutex<Chance>);

// === impl Seeded ===

impl Seeded {
    pub(crate) fn new(chance: Chance) -> Self {
        Self(Mutex::new(chance))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entropy for Seeded {
    fn uuid(&self) -> Uuid {
        self.draw(|chance| Uuid::from_u64_pair(chance.next(), chance.next()))
    }

    fn unit(&self) -> f64 {
        self.draw(Chance::unit)
    }
}
