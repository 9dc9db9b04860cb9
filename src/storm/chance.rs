//! Chance that follows from a seed, and a clock that goes by the runtime's.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng as _};
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::time::after;
use crate::ports::{Clock, Entropy};

/// The same draws for the same seed, in the order they are asked for: one thread plays everything.
pub(super) struct Seeded(Mutex<StdRng>);

impl Seeded {
    pub(super) fn by(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entropy for Seeded {
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.draw(RngExt::random)).into_uuid()
    }

    fn unit(&self) -> f64 {
        self.draw(RngExt::random)
    }
}

/// The time of everybody in the storm, which begins when the first session drops.
#[derive(Debug, Clone, Copy)]
pub(super) struct StormClock {
    pub(super) began: Instant,
}

impl Clock for StormClock {
    fn now(&self) -> Timestamp {
        after(Timestamp::UNIX_EPOCH, self.began.elapsed())
    }
}
