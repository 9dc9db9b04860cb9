//! The circuit breaker as a state machine: the time and what became of each try come in, whether to try goes out.
//!
//! Closed lets everything through and counts. Once most of the calls made lately failed it opens: nothing is sent for a while.
//! Then it is half open, and one try at a time finds out whether Genesys is back: an answer closes it, a failure opens it
//! again, for longer.

mod window;

use std::time::Duration;

use self::window::Window;

/// Fewer calls than this say nothing: a few faults, or one customer's bad luck, open no circuit. Ten in a [`window`] are one
/// in two seconds, which a replica that shares the usual budget with two others still makes.
const FEWEST: u32 = 10;

/// So many of ten calls have to fail. A brown-out, in which one of three does, opens it by chance only, and rarely.
const FAILURES_IN_TEN: u64 = 6;

/// How long it stays open at first, at most. Each failed probe doubles it.
const SHORTEST: Duration = Duration::from_secs(2);

/// How long it stays open at most: a customer waits, and a probe every five seconds is no load.
const LONGEST: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    /// Grows with every change of the state: what began before one says nothing about after it.
    generation: u64,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    /// `opened` is how often it did in a row.
    Open {
        until: Duration,
        opened: u32,
    },
    HalfOpen {
        probing: bool,
        opened: u32,
    },
}

/// The leave to try once. It has to be settled: a probe that is not is waited for.
#[derive(Debug)]
#[must_use]
pub(super) struct Ticket {
    generation: u64,
    /// Whether its call was counted by an earlier try: each is one witness, however often it is tried.
    again: bool,
}

/// What a try told about Genesys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answers, be it with a refusal.
    Answered,
    /// It is down, or as good as that.
    Failed,
    /// Nothing: it was not made, or not waited for.
    Nothing,
}

/// The state's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    HalfOpen,
    Open,
}

// === impl Breaker ===

impl Breaker {
    pub(super) fn new() -> Self {
        Self { state: State::Closed(Window::default()), generation: 0 }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.state {
            State::Closed(_) => Phase::Closed,
            State::HalfOpen { .. } => Phase::HalfOpen,
            State::Open { .. } => Phase::Open,
        }
    }

    /// Lets a try through, or says how long none will be. That is nothing while a probe is under way: it may end any moment.
    pub(super) fn admit(&mut self, now: Duration) -> Result<Ticket, Duration> {
        match &mut self.state {
            State::Closed(_) => {}
            State::Open { until, .. } if now < *until => return Err(until.saturating_sub(now)),
            State::Open { opened, .. } => {
                let opened = *opened;
                self.enter(State::HalfOpen { probing: true, opened });
            }
            State::HalfOpen { probing: true, .. } => return Err(Duration::ZERO),
            State::HalfOpen { probing, .. } => *probing = true,
        }
        Ok(Ticket { generation: self.generation, again: false })
    }

    /// Whether a ticket is still worth something: the circuit may have opened since it was given out.
    pub(super) fn honours(&self, ticket: &Ticket) -> bool {
        ticket.generation == self.generation
    }

    /// Takes note of what became of a try. `unit` is random in [0, 1).
    pub(super) fn settle(&mut self, ticket: &Ticket, verdict: Verdict, now: Duration, unit: f64) {
        if !self.honours(ticket) {
            return;
        }
        match (&mut self.state, verdict) {
            (State::Closed(_), _) if ticket.again => {}
            (State::Closed(window), Verdict::Answered) => window.note(now, false),
            (State::Closed(window), Verdict::Failed) => {
                window.note(now, true);
                let (calls, failures) = window.totals(now);
                if calls >= FEWEST && u64::from(failures) * 10 >= u64::from(calls) * FAILURES_IN_TEN {
                    self.open(1, now, unit);
                }
            }
            (State::HalfOpen { .. }, Verdict::Answered) => self.enter(State::Closed(Window::default())),
            (State::HalfOpen { opened, .. }, Verdict::Failed) => {
                let opened = opened.saturating_add(1);
                self.open(opened, now, unit);
            }
            (State::HalfOpen { probing, .. }, Verdict::Nothing) => *probing = false,
            // No ticket is given out while it is open.
            (State::Closed(_), Verdict::Nothing) | (State::Open { .. }, _) => {}
        }
    }

    /// For the upper half of a time that doubles, drawn, so that replicas do not probe together.
    fn open(&mut self, opened: u32, now: Duration, unit: f64) {
        let doublings = opened.saturating_sub(1).min(31);
        let longest = SHORTEST.saturating_mul(1 << doublings).min(LONGEST);
        let until = now + longest.mul_f64(0.5 + unit.clamp(0.0, 1.0) / 2.0);
        self.enter(State::Open { until, opened });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

// === impl Ticket ===

impl Ticket {
    /// Makes it that of a later try of a call that was let through before.
    pub(super) fn again(&mut self) {
        self.again = true;
    }
}

#[cfg(test)]
mod tests;
