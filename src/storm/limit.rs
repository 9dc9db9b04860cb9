//! Genesys' limit: so many requests in a minute that begins with the first of them.

use std::time::Duration;

use tokio::time::Instant;

/// The requests that a token has in a minute.
pub(super) const PER_MINUTE: u32 = 300;

const WINDOW: Duration = Duration::from_mins(1);

/// What one token has used.
#[derive(Debug, Default)]
pub(super) struct Limit {
    window: Option<(Instant, u32)>,
}

// === impl Limit ===

impl Limit {
    /// Counts a request. One too many is told when the minute ends, in whole seconds.
    pub(super) fn count(&mut self, now: Instant) -> Result<(), Duration> {
        let current = self.window.filter(|(began, _)| now.duration_since(*began) < WINDOW);
        let (began, count) = current.unwrap_or((now, 0));
        self.window = Some((began, count + 1));
        if count < PER_MINUTE {
            return Ok(());
        }
        let left = WINDOW.saturating_sub(now.duration_since(began));
        Err(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minute_begins_with_its_first_request() {
        let (mut limit, began) = (Limit::default(), Instant::now());
        let at = |millis| began + Duration::from_millis(millis);
        for _ in 0..PER_MINUTE {
            assert_eq!(limit.count(at(0)), Ok(()));
        }
        assert_eq!(limit.count(at(500)), Err(Duration::from_mins(1)));
        assert_eq!(limit.count(at(59_999)), Err(Duration::from_secs(1)));
        assert_eq!(limit.count(at(60_000)), Ok(()));
    }
}
