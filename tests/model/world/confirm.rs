//! The steps of `src/service/confirm.rs`.

use jiff::Timestamp;
use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::Confirming;
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::decision::{Decision, Reason as Why, Resume, Route};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::handshake::Confirmation;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::lease::Lease;
use session_resumption::domain::pair::{Join, Joined};
use uuid::Uuid;

use super::program::Metadata;
use super::{Luck, Next, Program, Reply, Step, World, Write};
use crate::given::{LEASE_FOR, WRITE_FOR, customer, handshake, name_of, seconds};
use crate::invariants::Observed;
use crate::scene::{Mutant, Scene};
use crate::sights::Sight;

impl World {
    /// A handshake that was led, answered and perhaps confirmed before the scene begins, and can be joined no more.
    pub(super) fn conclude_before(&mut self, number: usize, confirmed: bool) {
        let (who, now, id) = (customer(), self.time(), handshake(number));
        let join = Join {
            tab: None,
            attempt: None,
            waited_on: None,
            new_id: id,
            owner: Uuid::nil(),
            lease_for: seconds(LEASE_FOR),
        };
        let (Joined::Lead { lease, .. }, _) = self.store.join(&who, &join, now) else { panic!("should lead") };
        let resume = Resume {
            reason: Why::Live,
            route: Route::ReattachAgent,
            status: String::new(),
            agent_id: None,
            queue_id: None,
            target_queue_id: None,
            transfer_reason: None,
            until: None,
        };
        let answer = Answer::live(Decision::Resumable(resume), now);
        self.store.conclude(&who, lease, None, answer, seconds(0), now).unwrap();
        self.opened = number;
        if confirmed {
            self.observe(&Observed::ConfirmAsked(name_of(id)));
            let claim = claim(id, (0, None), now, Uuid::nil());
            let Ok(Confirming::Claimed(Claimed::Write { lease, confirmation, .. })) = self.store.claim(claim, now)
            else {
                panic!("should write")
            };
            self.write_count(&confirmation);
            self.store.settle(lease, Written::Yes).unwrap();
            self.observe(&observed(id, &confirmation));
        }
    }

    pub(super) fn is_confirmed(&self, program: &Program) -> bool {
        let Some(id) = program.named else { return true };
        // An error ends the waiting as well.
        !matches!(self.store.clone().confirmation(&customer(), id, self.time()), Ok(None))
    }

    pub(super) fn confirm(&mut self, scene: &Scene, program: &Program, step: Step, luck: Luck) -> Next {
        let (now, Some(id)) = (self.time(), program.named) else { return Next::Answer(Reply::Refused) };
        match step {
            Step::Confirmation | Step::AwaitWriter { .. } => match self.store.confirmation(&customer(), id, now) {
                Ok(Some(confirmation)) => Next::Answer(Reply::Confirmed(id, confirmation)),
                // The store is asked for the time in a call of its own, which changes nothing and is as good as done here.
                Ok(None) => Next::Go(Step::ReadCount { since: now }),
                Err(error) => {
                    Self::saw(scene, Sight::SupersededRefused);
                    refused(&error)
                }
            },
            Step::ReadCount { since } => {
                if luck == Luck::AnswerLost {
                    return Next::Answer(Reply::Again { after: 0 });
                }
                if !self.genesys.snapshot().is_attached(&customer()) {
                    return Next::Answer(Reply::Refused);
                }
                Next::Go(Step::Claim { since, metadata: (self.genesys.count, self.genesys.counted_at) })
            }
            Step::Claim { since, metadata } => {
                let since = if scene.does(Mutant::ReadBeforeTheTime) { now } else { since };
                self.claim(scene, claim(id, metadata, since, self.owner(program)), luck)
            }
            Step::WriteCount { lease, confirmation, until } => {
                let late = Write::Count { count: confirmation.count, time: confirmation.time };
                let written = match luck {
                    Luck::AnswerLost => {
                        self.genesys.sends(until, late);
                        if scene.does(Mutant::LostIsRefused) { Written::No } else { Written::Unknown }
                    }
                    Luck::Refused => Written::No,
                    Luck::FirstTryLost => {
                        self.genesys.sends(until, late);
                        self.write_count(&confirmation);
                        if scene.does(Mutant::DoubtUntold) { Written::Yes } else { Written::YesInDoubt }
                    }
                    Luck::Good | Luck::StoreLost => {
                        self.write_count(&confirmation);
                        Written::Yes
                    }
                };
                Next::Go(Step::Settle { lease, confirmation, written })
            }
            Step::Settle { lease, confirmation, written } => self.settle(scene, id, lease, confirmation, written, luck),
            step => unreachable!("no step of a confirmation: {step:?}"),
        }
    }

    fn claim(&mut self, scene: &Scene, claim: Claim, luck: Luck) -> Next {
        let (id, now) = (claim.claimant.handshake, self.time());
        let until = self.now + WRITE_FOR;
        if scene.does(Mutant::CountUnreserved) {
            let confirmation = Confirmation { count: claim.metadata + 1, time: now, agent_id: None, as_of: None };
            let lease = Lease { owner: claim.owner, fence: 0 };
            return Next::Go(Step::WriteCount { lease, confirmation, until });
        }
        let was_open = self.store.clone();
        let claimed = self.store.claim(claim, now);
        if claimed.is_err() && was_open.clone().confirmation(&customer(), id, now).is_ok() {
            // It was not superseded before this very step, which judged that another's lost write was taken.
            Self::saw(scene, Sight::LostCountJudgedTaken);
        }
        if luck == Luck::StoreLost {
            return Next::Answer(Reply::Again { after: 0 });
        }
        match claimed {
            Err(error) => refused(&error),
            Ok(Confirming::Already(confirmation)) => Next::Answer(Reply::Confirmed(id, confirmation)),
            Ok(Confirming::Claimed(Claimed::Write { .. })) if !self.is_heard(scene) => {
                Next::Answer(Reply::Again { after: 0 })
            }
            Ok(Confirming::Claimed(Claimed::Write { lease, confirmation, forgotten })) => {
                if forgotten {
                    Self::saw(scene, Sight::LossNoticed);
                    self.forgotten = true;
                }
                if confirmation.time < now {
                    Self::saw(scene, Sight::CountRetried);
                }
                Next::Go(Step::WriteCount { lease, confirmation, until })
            }
            Ok(Confirming::Claimed(Claimed::ReadAgain)) => {
                Self::saw(scene, Sight::ReadAgain);
                Next::Go(Step::Confirmation)
            }
            Ok(Confirming::Claimed(Claimed::Busy(left))) => {
                Self::saw(scene, Sight::WriterAwaited);
                Next::Go(Step::AwaitWriter { until: self.now + left.as_secs() })
            }
        }
    }

    fn settle(
        &mut self,
        scene: &Scene,
        id: HandshakeId,
        lease: Lease,
        confirmation: Confirmation,
        written: Written,
        luck: Luck,
    ) -> Next {
        let settled = self.store.settle(lease, written);
        if settled.is_err() {
            Self::saw(scene, Sight::SettleFenced);
        }
        let told = settled.is_ok() && luck == Luck::Good || scene.does(Mutant::CountUnreserved);
        match written {
            Written::Yes | Written::YesInDoubt if told => Next::Answer(Reply::Confirmed(id, confirmation)),
            _ => Next::Answer(Reply::Again { after: 0 }),
        }
    }

    /// Genesys takes a count and its time.
    pub(super) fn take_count(&mut self, count: u32, time: Timestamp) {
        (self.genesys.count, self.genesys.counted_at) = (count, Some(time));
        self.observe(&Observed::CountWritten { count, time: time.to_string() });
    }

    pub(super) fn write_count(&mut self, confirmation: &Confirmation) {
        self.take_count(confirmation.count, confirmation.time);
    }
}

pub(super) fn refused(error: &Error) -> Next {
    match error.reason {
        Reason::HandshakeNotFound | Reason::NotConfirmed => Next::Answer(Reply::Unknown),
        _ => Next::Answer(Reply::Refused),
    }
}

fn claim(id: HandshakeId, metadata: Metadata, read_at: Timestamp, owner: Uuid) -> Claim {
    let (metadata, counted_at) = metadata;
    Claim {
        claimant: Claimant { participant: customer(), handshake: id },
        metadata,
        counted_at,
        read_at,
        agent_id: None,
        as_of: None,
        owner,
        write_for: seconds(WRITE_FOR),
    }
}

pub(super) fn observed(id: HandshakeId, confirmation: &Confirmation) -> Observed {
    let (count, time) = (confirmation.count, confirmation.time.to_string());
    Observed::Confirmed { handshake: name_of(id), count, time }
}
