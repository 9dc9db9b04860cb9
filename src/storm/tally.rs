//! What is counted while the storm lasts, by the second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::crowd::Session;
use crate::domain::decision::Decision;

/// See the module.
pub(super) struct Tally {
    began: Instant,
    counts: Mutex<Counts>,
}

/// What was counted. The seconds of a series count from the first drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    /// Requests that Genesys served.
    pub(super) served: Vec<u32>,
    /// Requests that it answered with 429.
    pub(super) refused: Vec<u32>,
    /// Sessions that got their first decision.
    pub(super) answered: Vec<u32>,
    /// Sessions that were confirmed.
    pub(super) confirmed: Vec<u32>,
    /// What each session saw.
    pub(super) browsers: Vec<Browser>,
    /// When the last session got its first decision.
    pub(super) last_answer: Option<Duration>,
}

/// What a session's tabs saw together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Browser {
    drops: Duration,
    /// Calls of the service.
    pub(super) requests: u32,
    /// Calls that ended in an error.
    pub(super) rejections: u32,
    /// Tabs that got a decision.
    pub(super) decisions: u32,
    /// The first decision.
    pub(super) first: Option<First>,
}

/// A session's first decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct First {
    /// When it came, from the session's own drop.
    pub(super) after: Duration,
    /// Whether it was RESUMABLE.
    pub(super) resumable: bool,
}

// === impl Tally ===

impl Tally {
    /// Nothing counted yet.
    pub(super) fn new(began: Instant, sessions: &[Session], minutes: u32) -> Self {
        let nothing = vec![0; usize::try_from(minutes * 60).unwrap_or_default() + 1];
        let browser =
            |session: &Session| Browser { drops: session.drops, requests: 0, rejections: 0, decisions: 0, first: None };
        let counts = Counts {
            served: nothing.clone(),
            refused: nothing.clone(),
            answered: nothing.clone(),
            confirmed: nothing,
            browsers: sessions.iter().map(browser).collect(),
            last_answer: None,
        };
        Self { began, counts: Mutex::new(counts) }
    }

    /// Genesys got a request.
    pub(super) fn called(&self, served: bool) {
        self.count(|counts, second| {
            increment(if served { &mut counts.served } else { &mut counts.refused }, second);
        });
    }

    /// A tab asked.
    pub(super) fn asked(&self, session: usize) {
        self.count(|counts, _| counts.browsers[session].requests += 1);
    }

    /// A tab was told to come again.
    pub(super) fn rejected(&self, session: usize) {
        self.count(|counts, _| counts.browsers[session].rejections += 1);
    }

    /// A tab got a decision. Whether it is the session's first.
    pub(super) fn decided(&self, session: usize, decision: &Decision) -> bool {
        let now = self.began.elapsed();
        self.count(|counts, second| {
            let browser = &mut counts.browsers[session];
            browser.decisions += 1;
            if browser.first.is_some() {
                return false;
            }
            let resumable = matches!(decision, Decision::Resumable(_));
            browser.first = Some(First { after: now.saturating_sub(browser.drops), resumable });
            counts.last_answer = Some(now);
            increment(&mut counts.answered, second);
            true
        })
    }

    /// A session's resumption was counted.
    pub(super) fn confirmed(&self) {
        self.count(|counts, second| increment(&mut counts.confirmed, second));
    }

    /// All that was counted.
    pub(super) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// How many sessions have their decision by now.
    pub(super) fn answered(&self) -> u32 {
        self.lock().answered.iter().sum()
    }

    fn count<T>(&self, count: impl FnOnce(&mut Counts, usize) -> T) -> T {
        let second = usize::try_from(self.began.elapsed().as_secs()).unwrap_or(usize::MAX);
        count(&mut self.lock(), second)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The series are as long as the storm, whose end itself may still see something.
fn increment(series: &mut [u32], second: usize) {
    if let Some(count) = series.get_mut(second) {
        *count += 1;
    }
}
