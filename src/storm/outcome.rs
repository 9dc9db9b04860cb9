//! What a storm came to: the figures of the table, from what was counted.

use std::time::Duration;

use super::limit::PER_MINUTE;
use super::tally::{Browser, Counts};
use crate::cli::storm::Variant;

/// The guide's window.
pub(super) const WINDOW: Duration = Duration::from_mins(5);

/// A variant, and what was counted while it was played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) variant: Variant,
    pub(super) counts: Counts,
}

/// So many for each browser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Each {
    pub(super) mean: f64,
    pub(super) most: u32,
}

// === impl Outcome ===

impl Outcome {
    pub(super) fn of(variant: Variant, counts: Counts) -> Self {
        Self { variant, counts }
    }

    pub(super) fn sessions(&self) -> u32 {
        count(&self.counts.browsers, |_| true)
    }

    /// Sessions with a decision.
    pub(super) fn answered(&self) -> u32 {
        count(&self.counts.browsers, |browser| browser.first.is_some())
    }

    /// Sessions whose decision came within the window of their drop.
    pub(super) fn in_time(&self) -> u32 {
        count(&self.counts.browsers, |browser| browser.first.is_some_and(|first| first.after <= WINDOW))
    }

    /// Sessions that were sent to new routing.
    pub(super) fn too_late(&self) -> u32 {
        count(&self.counts.browsers, |browser| browser.first.is_some_and(|first| !first.resumable))
    }

    /// When the last session got its decision; none while any waits.
    pub(super) fn last_answer(&self) -> Option<Duration> {
        self.counts.last_answer.filter(|_| self.answered() == self.sessions())
    }

    /// Requests that Genesys got.
    pub(super) fn calls(&self) -> u32 {
        self.counts.served.iter().sum::<u32>() + self.refused()
    }

    /// Requests that it refused.
    pub(super) fn refused(&self) -> u32 {
        self.counts.refused.iter().sum()
    }

    /// Sessions whose resumption was counted.
    pub(super) fn confirmed(&self) -> u32 {
        self.counts.confirmed.iter().sum()
    }

    pub(super) fn requests(&self) -> Each {
        self.each(|browser| browser.requests)
    }

    pub(super) fn rejections(&self) -> Each {
        self.each(|browser| browser.rejections)
    }

    /// What Genesys served until the last answer, or until the end if any session waits, of what it allows in the minutes that
    /// began by then.
    pub(super) fn budget_used(&self) -> f64 {
        let watched = self.counts.served.len().saturating_sub(1);
        let last = self.last_answer().and_then(|last| usize::try_from(last.as_secs()).ok());
        let seconds = last.map_or(watched, |last| last + 1);
        let served: u32 = self.counts.served.iter().take(seconds).sum();
        let minutes = u32::try_from(seconds.div_ceil(60)).unwrap_or(u32::MAX);
        f64::from(served) / (f64::from(PER_MINUTE) * f64::from(minutes.max(1)))
    }

    fn each(&self, of: impl Fn(&Browser) -> u32) -> Each {
        let sum: f64 = self.counts.browsers.iter().map(|browser| f64::from(of(browser))).sum();
        let most = self.counts.browsers.iter().map(of).max().unwrap_or_default();
        Each { mean: sum / f64::from(self.sessions().max(1)), most }
    }
}

/// How many browsers are of a kind.
pub(super) fn count(browsers: &[Browser], kind: impl Fn(&Browser) -> bool) -> u32 {
    u32::try_from(browsers.iter().filter(|browser| kind(browser)).count()).unwrap_or(u32::MAX)
}
