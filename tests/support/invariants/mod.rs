//! The design's invariants as pure functions over what was observed of one customer's conversation: of the model's world, or
//! of real services and a simulated Genesys Cloud.
//!
//! Feed a [`Checker`] everything in the order it happened, or as near to that as an observer can tell: an effect before the
//! answer that reports it. A checker is a value that can be compared and hashed, so that a model keeps it in its state.

#![allow(dead_code, reason = "not every test that includes this observes everything")]

mod count;
mod handshakes;
mod transcript;

use std::collections::BTreeMap;

use count::Count;
use handshakes::Handshakes;
use transcript::Transcript;

/// A tab, a handshake, a message: whatever its caller calls it.
pub(crate) type Name = String;

/// Something that happened, as far as it can be seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Observed {
    /// `ValidateSession` was answered.
    Validated {
        /// The tab that asked, if it was one.
        tab: Option<Name>,
        /// The handshake it was answered for; none with a new start, and none with a heartbeat.
        handshake: Option<Name>,
        /// All of the answer that everyone in the handshake must be told alike.
        decision: String,
        /// The part of the tab, if it was given one.
        seat: Option<Seat>,
    },
    /// A handshake was opened. One that is named in an answer counts as opened anyway; a new start has a handshake that nobody
    /// names.
    Opened(Name),
    /// A heartbeat was asked for.
    Heartbeat,
    /// Genesys took a read that was made for a validation.
    Read,
    /// A crash, an outage or a lost answer, for which a validation may have to read once more.
    Trouble,
    /// The customer is attached again.
    Attached,
    /// `ConfirmReattach` was asked for.
    ConfirmAsked(Name),
    /// Genesys took a count.
    CountWritten {
        count: u32,
        /// The time written with it.
        time: String,
    },
    /// `ConfirmReattach` was answered with CONFIRMED, or the store holds that it is.
    Confirmed { handshake: Name, count: u32, time: String },
    /// `InjectContext` was asked for.
    InjectionAsked {
        handshake: Name,
        /// What is to be written, in order.
        lines: Vec<Line>,
    },
    /// A tab was let in to write, showing an epoch. To be observed at the moment of the decision, not of its answer.
    LetIn { tab: Name, epoch: u64 },
    /// A message was sent to Genesys.
    Sent {
        /// Whether the conversation took messages when its writer last looked.
        allowed: bool,
    },
    /// A message came to stand in the transcript.
    Written { id: Name, author: Name, text: String },
    /// `InjectContext` was answered.
    Injected {
        /// Each line's name and fate, in the order asked.
        fates: Vec<(Name, Fate)>,
    },
    /// The store provably lost data: once, invariants 1, 2 and 10 may break for it.
    Lost,
}

/// The part of a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Seat {
    /// ACTIVE, or else SUSPENDED.
    pub(crate) active: bool,
    pub(crate) epoch: u64,
}

/// Something to be written to the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    /// Its name, one for each thing to be written: `client_message_id`; for a marker, its handshake.
    pub(crate) name: Name,
    pub(crate) author: Name,
    pub(crate) text: String,
}

/// What a caller was told of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stands in the transcript under this id.
    Present(Name),
    /// Nobody knows.
    Unknown,
    /// It was not sent.
    NotAttempted,
}

/// The invariants of the design that can be judged from outside, by their numbers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Invariant {
    /// 1: one upstream read per handshake, and at most one per heartbeat, when nothing fails.
    OneRead,
    /// 2: everyone in a handshake sees the same decision.
    OneDecision,
    /// 3: the count grows by exactly one per confirmed handshake.
    OneCount,
    /// 4: a message stands exactly once and in order once its result says so, and never twice.
    OnceAndInOrder,
    /// 5: nothing is written before a handshake is confirmed.
    ConfirmedFirst,
    /// 6: no message is sent but to a conversation that takes them.
    TakesMessages,
    /// 10: one ACTIVE tab per pair and epoch.
    OneActiveTab,
}

impl Invariant {
    /// Whether a proven loss of the store's data may break it, once.
    fn may_break_with_a_loss(self) -> bool {
        matches!(self, Self::OneRead | Self::OneDecision | Self::OneActiveTab)
    }
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Checker {
    handshakes: Handshakes,
    count: Count,
    transcript: Transcript,
    losses: usize,
    excused: BTreeMap<Invariant, usize>,
    violations: Vec<Violation>,
}

impl Checker {
    /// A checker of a conversation that begins with this `resumptionCount`.
    pub(crate) fn new(count: u32) -> Self {
        Self {
            handshakes: Handshakes::default(),
            count: Count::from(count),
            transcript: Transcript::default(),
            losses: 0,
            excused: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    /// Takes one more observation.
    pub(crate) fn observe(&mut self, observed: &Observed) {
        if *observed == Observed::Lost {
            self.losses += 1;
        }
        let mut found = Vec::new();
        self.handshakes.observe(observed, &mut found);
        self.count.observe(observed, &mut found);
        self.transcript.observe(observed, self.count.grown(), &mut found);
        for violation in found {
            let invariant = violation.invariant;
            let excused = self.excused.get(&invariant).copied().unwrap_or_default();
            if invariant.may_break_with_a_loss() && excused < self.losses {
                self.excused.insert(invariant, excused + 1);
            } else {
                self.violations.push(violation);
            }
        }
    }

    /// What is broken by now, whatever may come.
    pub(crate) fn broken(&self) -> &[Violation] {
        &self.violations
    }

    /// What was broken, and may be for each loss.
    pub(crate) fn excused(&self) -> &BTreeMap<Invariant, usize> {
        &self.excused
    }

    /// How many reads more than allowed there were, so far. It can be told once every handshake that was opened was seen.
    pub(crate) fn reads_too_many(&self) -> usize {
        self.handshakes.reads_too_many(self.losses)
    }

    /// What is broken now that all is quiet: every call is answered, and nothing is on its way.
    pub(crate) fn finished(mut self) -> Vec<Violation> {
        let too_many = self.reads_too_many();
        if too_many > 0 {
            self.violations.push(Invariant::OneRead.broken(format!("{too_many} reads too many")));
        }
        self.count.finish(&mut self.violations);
        self.transcript.finish(&self.count, &mut self.violations);
        self.violations
    }
}

impl Invariant {
    fn broken(self, what: String) -> Violation {
        Violation { invariant: self, what }
    }
}

/// Judges a whole trace.
pub(crate) fn check(count: u32, trace: &[Observed]) -> Vec<Violation> {
    let mut checker = Checker::new(count);
    for observed in trace {
        checker.observe(observed);
    }
    checker.finished()
}
