//! Backoff as data: how long to wait before the next try, apart from the waiting.

use std::time::Duration;

/// A bounded number of tries with full jitter: each wait is drawn from zero up to an exponentially growing ceiling, so that
/// many clients that failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first wait.
    pub base: Duration,
    /// Ceiling of every wait.
    pub cap: Duration,
    /// How many times to try in all, the first included.
    pub tries: u32,
}

impl Backoff {
    /// The wait after try number `tried` (from 1), or `None` when that was the last. `unit` is random in [0, 1); `hint` is
    /// what the other side asked for (`Retry-After`), which is a floor: coming earlier than asked is never polite.
    pub fn delay(&self, tried: u32, hint: Option<Duration>, unit: f64) -> Option<Duration> {
        if tried >= self.tries {
            return None;
        }
        let doublings = tried.saturating_sub(1).min(31);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        let drawn = ceiling.mul_f64(unit.clamp(0.0, 1.0));
        Some(hint.map_or(drawn, |hint| hint.max(drawn)))
    }
}
