//! A call at work in a replica: where it stands, and how its next step may go. Each step is one of the store's, or one call to
//! Genesys, in the order of `src/service/`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::counter::Written;
use session_resumption::domain::error::Error;
use session_resumption::domain::handshake::Confirmation;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Lease;
use session_resumption::domain::ledger::Unsettled;
use session_resumption::domain::pair::View;
use session_resumption::domain::snapshot::Reading;
use session_resumption::domain::tabs::Seat;

use super::World;
use crate::given::Second;
use crate::invariants::Fate;
use crate::scene::{Call, Scene};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) client: usize,
    pub(crate) replica: usize,
    pub(crate) call: Call,
    /// The handshake it names.
    pub(crate) named: Option<HandshakeId>,
    /// The epoch its tab shows.
    pub(crate) epoch: u64,
    pub(crate) step: Step,
}

/// What a program does next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    // ValidateSession.
    Join { waited_on: Option<u64> },
    Wait { fence: u64 },
    Read { lease: Lease },
    Conclude { lease: Lease, answer: Answer },
    Fail { lease: Lease, error: Error },
    Glimpse,
    Remember { reading: Reading },
    TakeOver,
    // ConfirmReattach.
    Confirmation,
    ReadCount { since: Timestamp },
    Claim { since: Timestamp, metadata: Metadata },
    AwaitWriter { until: Second },
    WriteCount { lease: Lease, confirmation: Confirmation, until: Second },
    Settle { lease: Lease, confirmation: Confirmation, written: Written },
    // InjectContext.
    Begin,
    AwaitTranscript { until: Second },
    Look(Work),
    ReadTranscript { work: Work, looked_at: Timestamp },
    Reconcile { work: Work, looked_at: Timestamp, lines: Vec<usize> },
    Announce(Work),
    Post { work: Work, index: usize, until: Second },
    LookUp { work: Work, index: usize },
    Record { work: Work, index: usize, id: String },
    Unsend { work: Work, index: usize, refused: bool },
    Finish { work: Work, ended: Ended },
}

/// The count that stands beside the conversation, and its time.
pub(crate) type Metadata = (u32, Option<Timestamp>);

/// An injection that holds the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Work {
    pub(crate) lease: Lease,
    pub(crate) fates: Vec<Option<Told>>,
    pub(crate) unsettled: Vec<Unsettled>,
    pub(crate) claimed: BTreeSet<String>,
    pub(crate) last_id: Option<String>,
    /// Whether the conversation took messages when it was looked at.
    pub(crate) allowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Told {
    Present(String),
    Unknown,
    /// The same, for good.
    Ambiguous,
}

/// How an injection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    Answered,
    NotInjectable,
    Failed { after: Second },
}

/// How a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Luck {
    Good,
    /// Genesys' answer is lost. A write may still take effect.
    AnswerLost,
    /// The same of a first try, after which a second one is taken.
    FirstTryLost,
    /// Genesys certainly does nothing, and says so.
    Refused,
    /// The store takes the step, and its answer is lost.
    StoreLost,
}

/// What follows a step.
#[derive(Debug)]
pub(crate) enum Next {
    Go(Step),
    Answer(Reply),
}

#[derive(Debug)]
pub(crate) enum Reply {
    /// A failure that a repeat mends.
    Again {
        after: Second,
    },
    /// An answer that no repeat changes.
    Refused,
    /// The handshake is not known, or not as confirmed.
    Unknown,
    Validated(View),
    Heartbeat(Seat),
    Confirmed(HandshakeId, Confirmation),
    Injected {
        fates: Vec<(String, Fate)>,
        /// Whether it is not worth asking again.
        over: bool,
    },
}

impl Luck {
    /// Whether it is the answer that the scene allows to be lost.
    pub(crate) fn loses(self) -> bool {
        self != Self::Good
    }
}

impl Step {
    pub(crate) fn first(call: Call) -> Self {
        match call {
            Call::Resume(_) => Self::Join { waited_on: None },
            Call::Heartbeat => Self::Glimpse,
            Call::TakeOver => Self::TakeOver,
            Call::Confirm | Call::ConfirmFor(_) => Self::Confirmation,
            Call::InjectAsTab | Call::InjectFor(_) => Self::Begin,
        }
    }

    pub(crate) fn waits(&self) -> bool {
        matches!(self, Self::Wait { .. } | Self::AwaitWriter { .. } | Self::AwaitTranscript { .. })
    }

    /// Whether the caller itself does it, and takes it along when it leaves.
    pub(crate) fn is_the_callers_own(&self) -> bool {
        // Whoever has left begins no new write (`Caller::has_left`), nor waits for another's. It may leave just after it was asked
        // whether it has.
        matches!(
            self,
            Self::Join { .. }
                | Self::Wait { .. }
                | Self::TakeOver
                | Self::Glimpse
                | Self::Remember { .. }
                | Self::Confirmation
                | Self::ReadCount { .. }
                | Self::AwaitWriter { .. }
                | Self::AwaitTranscript { .. }
        )
    }

    /// What follows instead when the caller has left: no further message is begun.
    pub(crate) fn without_a_caller(self) -> Self {
        match self {
            Self::Announce(work) => Self::Finish { work, ended: Ended::Answered },
            step => step,
        }
    }

    /// When a write that is about to be sent has to be over.
    pub(crate) fn writes_until(&self) -> Option<Second> {
        match self {
            Self::WriteCount { until, .. } | Self::Post { until, .. } => Some(*until),
            _ => None,
        }
    }
}

impl Program {
    /// How its next step may go.
    pub(crate) fn lucks(&self, lossy: bool) -> Vec<Luck> {
        let bad: &[Luck] = match &self.step {
            _ if !lossy => &[],
            Step::Read { .. }
            | Step::Glimpse
            | Step::ReadCount { .. }
            | Step::Look(_)
            | Step::ReadTranscript { .. } => &[Luck::AnswerLost],
            Step::WriteCount { .. } => &[Luck::AnswerLost, Luck::FirstTryLost, Luck::Refused],
            Step::Post { .. } => &[Luck::AnswerLost, Luck::Refused],
            // Steps that only look lose nothing with their answer that the loss of the whole call would not.
            Step::Confirmation
            | Step::LookUp { .. }
            | Step::Wait { .. }
            | Step::AwaitWriter { .. }
            | Step::AwaitTranscript { .. } => &[],
            _ => &[Luck::StoreLost],
        };
        std::iter::once(Luck::Good).chain(bad.iter().copied()).collect()
    }
}

impl World {
    /// Whether a program has something to do: who waits sleeps until there is.
    pub(super) fn is_ready(&self, scene: &Scene, program: &Program) -> bool {
        match &program.step {
            Step::Wait { fence } => self.is_woken(program, *fence),
            Step::AwaitWriter { until } => self.now >= *until || self.is_confirmed(program),
            Step::AwaitTranscript { until } => self.now >= *until || self.is_free(scene, program),
            _ => true,
        }
    }

    pub(super) fn run(&mut self, scene: &Scene, program: &Program, luck: Luck) -> Next {
        let step = program.step.clone();
        match step {
            Step::Join { .. }
            | Step::Wait { .. }
            | Step::Read { .. }
            | Step::Conclude { .. }
            | Step::Fail { .. }
            | Step::Glimpse
            | Step::Remember { .. }
            | Step::TakeOver => self.validate(scene, program, step, luck),
            Step::Confirmation
            | Step::ReadCount { .. }
            | Step::Claim { .. }
            | Step::AwaitWriter { .. }
            | Step::WriteCount { .. }
            | Step::Settle { .. } => self.confirm(scene, program, step, luck),
            Step::Begin
            | Step::AwaitTranscript { .. }
            | Step::Look(_)
            | Step::ReadTranscript { .. }
            | Step::Reconcile { .. }
            | Step::Finish { .. } => self.inject(scene, program, step, luck),
            Step::Announce(_) | Step::Post { .. } | Step::LookUp { .. } | Step::Record { .. } | Step::Unsend { .. } => {
                self.send(scene, step, luck)
            }
        }
    }
}
