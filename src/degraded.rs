//! Degraded mode: the store is out of reach, as far as this process knows, and answers go without it.
//!
//! It is no gate: each call asks the store itself. It is what operators see, and what the budget heeds.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::ports::{Outage, StoreWatch};

/// How long no call may have failed before the mode is left.
const CALM: Duration = Duration::from_millis(250);
/// The same for a store that comes and goes: a mode, and a log, that change with it by the second help nobody.
const LONGEST_CALM: Duration = Duration::from_secs(16);
/// Entering the mode so soon after it was left doubles the calm.
const RELAPSE: Duration = Duration::from_mins(1);

/// See the module.
#[derive(Debug)]
pub struct DegradedMode {
    state: Mutex<State>,
    /// Whether it is entered. Changed under the lock.
    entered: watch::Sender<bool>,
}

#[derive(Debug)]
struct State {
    stay: Option<Stay>,
    left: Option<Instant>,
    calm: Duration,
}

/// One time in the mode.
#[derive(Debug)]
struct Stay {
    since: Instant,
    last_failure: Instant,
    answers: u64,
}

// === impl DegradedMode ===

impl DegradedMode {
    /// Not entered.
    pub fn new() -> Self {
        gauge(false);
        Self { state: Mutex::new(State::new()), entered: watch::Sender::new(false) }
    }

    /// Tells whether it is entered, now and whenever that changes.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.entered.subscribe()
    }

    /// Waits until it is entered.
    pub async fn entered(&self) {
        // It cannot fail: this very value holds the sender.
        let _ = self.watch().wait_for(|entered| *entered).await;
    }

    /// Leaves it, now that the store answers, unless a call failed only a moment ago. Returns whether it is left.
    pub fn recovered(&self) -> bool {
        let now = Instant::now();
        let mut state = self.lock();
        if let Some(stay) = state.leave(now) {
            self.entered.send_replace(false);
            gauge(false);
            let (lasted, answers) = (now - stay.since, stay.answers);
            tracing::info!(?lasted, answers, "the handshake store can be used again; no longer degraded");
        }
        state.stay.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for DegradedMode {
    fn default() -> Self {
        Self::new()
    }
}

impl StoreWatch for DegradedMode {
    fn failed(&self, outage: Outage) {
        metrics::counter!("session_resumption_store_outages_total", "outage" => outage.name()).increment(1);
        if outage == Outage::NotReplicated {
            // Whoever waits for the replicas tells of it, once.
            return;
        }
        if !outage.is_of_whole_store() {
            tracing::warn!(%outage, "what the handshake store keeps of a conversation cannot be used");
            return;
        }
        let mut state = self.lock();
        if state.fail(Instant::now()) {
            self.entered.send_replace(true);
            gauge(true);
            tracing::warn!(%outage, "the handshake store cannot be used; degraded: answers go without handshakes");
        }
    }

    fn bypassed(&self) {
        metrics::counter!("session_resumption_degraded_answers_total").increment(1);
        if let Some(stay) = &mut self.lock().stay {
            stay.answers += 1;
        }
    }
}

fn gauge(entered: bool) {
    metrics::gauge!("session_resumption_degraded").set(if entered { 1.0 } else { 0.0 });
}

// === impl State ===

impl State {
    fn new() -> Self {
        Self { stay: None, left: None, calm: CALM }
    }

    /// A call failed. Returns whether that is news.
    fn fail(&mut self, now: Instant) -> bool {
        if let Some(stay) = &mut self.stay {
            stay.last_failure = now;
            return false;
        }
        let relapse = self.left.is_some_and(|left| now - left < RELAPSE);
        self.calm = if relapse { (self.calm * 2).min(LONGEST_CALM) } else { CALM };
        self.stay = Some(Stay { since: now, last_failure: now, answers: 0 });
        true
    }

    /// The store answers. Returns the stay that is over with it.
    fn leave(&mut self, now: Instant) -> Option<Stay> {
        let over = self.stay.take_if(|stay| now - stay.last_failure >= self.calm)?;
        self.left = Some(now);
        Some(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_entered_by_an_outage_of_the_whole_store() {
        for (outage, entered) in [
            (Outage::Unreachable, true),
            (Outage::TimedOut, true),
            (Outage::NotReady, true),
            (Outage::ReadOnly, true),
            (Outage::Denied, true),
            (Outage::NotReplicated, false),
            (Outage::Foreign, false),
            (Outage::Malformed, false),
        ] {
            let mode = DegradedMode::new();
            assert!(mode.recovered(), "it was not entered");
            mode.failed(outage);
            assert_eq!(*mode.watch().borrow(), entered, "{outage:?}");
            assert_eq!(mode.recovered(), !entered, "{outage:?}: the last failure was only a moment ago");
        }
    }

    /// Lets the store answer all the time until the mode is left; returns when that is.
    fn left(state: &mut State, mut now: Instant) -> Instant {
        while state.leave(now).is_none() {
            now += Duration::from_millis(10);
        }
        now
    }

    #[test]
    fn it_is_left_when_no_failure_followed_for_a_while() {
        let (mut state, begin) = (State::new(), Instant::now());
        assert!(state.fail(begin));
        let again = begin + CALM / 2;
        assert!(!state.fail(again), "told once");
        assert_eq!(left(&mut state, again) - again, CALM);
        assert!(state.leave(again + RELAPSE).is_none(), "left once");
    }

    #[test]
    fn a_store_that_comes_and_goes_keeps_it_longer_each_time_and_never_for_ever() {
        let (mut state, mut now, mut calm) = (State::new(), Instant::now(), CALM);
        for _ in 0..12 {
            assert!(state.fail(now));
            let over = left(&mut state, now);
            assert!((calm..calm + Duration::from_millis(10)).contains(&(over - now)), "{:?}", over - now);
            (now, calm) = (over, (calm * 2).min(LONGEST_CALM));
        }
        now += RELAPSE;
        assert!(state.fail(now));
        assert_eq!(left(&mut state, now) - now, CALM, "what happened long ago is forgotten");
    }
}
