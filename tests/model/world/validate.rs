//! The steps of `src/service/validate.rs`.

use session_resumption::domain::answer::Answer;
use session_resumption::domain::conversation::Glimpse;
use session_resumption::domain::decision::{Decision, Request, decide};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::pair::{Join, Joined, View};
use session_resumption::domain::policy::{Policy, UnknownStatus, Windows};
use session_resumption::domain::snapshot::Reading;
use session_resumption::domain::tabs::{self, TabRole};
use uuid::Uuid;

use super::{Luck, Next, Program, Reply, Step, World};
use crate::given::{
    self, GLIMPSE_FOR, LEASE_FOR, REPLAY_FOR, Second, attempt, customer, handshake, name_of, seconds, tab,
};
use crate::invariants::{Observed, Seat};
use crate::scene::{Call, Mutant, Scene};
use crate::sights::Sight;

/// The delay of an error, spread as the service does it at most.
const BACK_IN: u64 = 4;

impl World {
    /// A program's nonce. A fence tells one work of a client from the next, until the store loses the fences.
    pub(super) fn owner(&self, program: &Program) -> Uuid {
        Uuid::from_u128(program.client as u128 + 1 + 10 * u128::from(self.lost))
    }

    fn join_of(&self, program: &Program, waited_on: Option<u64>) -> Join {
        let drop = if let Call::Resume(drop) = program.call { drop } else { 0 };
        Join {
            tab: Self::tab_of(program),
            attempt: Some(attempt(program.client, drop)),
            waited_on,
            new_id: handshake(self.opened + 1),
            owner: self.owner(program),
            lease_for: seconds(LEASE_FOR),
        }
    }

    /// Whether asking again would tell anything new.
    pub(super) fn is_woken(&self, program: &Program, fence: u64) -> bool {
        self.lead_until(program, fence) == self.now
    }

    /// Until when the lead that is waited for lasts.
    pub(super) fn lead_until(&self, program: &Program, waited_on: u64) -> Second {
        let (joined, _) = self.store.clone().join(&customer(), &self.join_of(program, Some(waited_on)), self.time());
        match joined {
            Joined::Wait { fence, left } if fence == waited_on => self.now + left.as_secs(),
            _ => self.now,
        }
    }

    pub(super) fn validate(&mut self, scene: &Scene, program: &Program, step: Step, luck: Luck) -> Next {
        let (who, now) = (customer(), self.time());
        let tab = Self::tab_of(program);
        match step {
            Step::Wait { fence } => self.join(scene, program, Some(fence), luck),
            Step::Join { waited_on } => self.join(scene, program, waited_on, luck),
            Step::Read { lease } => match self.read(luck) {
                Ok(reading) => Next::Go(Step::Conclude { lease, answer: judged(&reading) }),
                Err(error) => Next::Go(Step::Fail { lease, error }),
            },
            Step::Conclude { lease, answer } => {
                let replay_ttl = seconds(REPLAY_FOR);
                match self.store.conclude(&who, lease, tab.as_ref(), answer.clone(), replay_ttl, now) {
                    _ if luck == Luck::StoreLost => again(),
                    Ok(view) => Next::Answer(Reply::Validated(view)),
                    Err(_) if scene.does(Mutant::LeadWithoutFence) => {
                        let told = self.store.view(&who, handshake(self.opened), tab.as_ref(), now);
                        let seat = told.map(|view| view.seat).unwrap_or_default();
                        let handshake = Some(handshake(self.opened));
                        Next::Answer(Reply::Validated(View { answer, handshake, seat }))
                    }
                    Err(_) => fenced(scene),
                }
            }
            Step::Fail { lease, error } => match self.store.fail(&who, lease, error, seconds(BACK_IN), now) {
                Err(_) if luck != Luck::StoreLost => fenced(scene),
                _ => again(),
            },
            Step::Glimpse => {
                self.observe(&Observed::Heartbeat);
                match self.read(luck) {
                    Ok(reading) => Next::Go(Step::Remember { reading }),
                    Err(_) => again(),
                }
            }
            Step::Remember { reading } => {
                let resumable = matches!(judged(&reading).decision, Decision::Resumable(_));
                let glimpse = Glimpse { reading, fresh_for: seconds(GLIMPSE_FOR), tab: tab.filter(|_| resumable) };
                let seat = self.store.remember(&who, &glimpse, now);
                if luck == Luck::StoreLost { again() } else { Next::Answer(Reply::Heartbeat(seat)) }
            }
            Step::TakeOver => match self.store.take_over(&who, &given::tab(program.client), now) {
                _ if luck == Luck::StoreLost => again(),
                Ok(view) => {
                    Self::saw(scene, Sight::TakenOver);
                    Next::Answer(Reply::Validated(view))
                }
                // Nothing is known yet: a tab that wants to take over asks to resume first.
                Err(_) => Next::Answer(Reply::Refused),
            },
            step => unreachable!("no step of a validation: {step:?}"),
        }
    }

    fn join(&mut self, scene: &Scene, program: &Program, waited_on: Option<u64>, luck: Luck) -> Next {
        let join = self.join_of(program, waited_on);
        let (joined, glimpse) = self.store.join(&customer(), &join, self.time());
        if let Joined::Lead { id, .. } = &joined {
            if *id == join.new_id {
                self.opened += 1;
                self.observe(&Observed::Opened(name_of(*id)));
                if self.opened > 1 {
                    Self::saw(scene, Sight::SecondHandshake);
                }
            } else {
                Self::saw(scene, Sight::LeadPassedOn);
            }
        }
        if luck == Luck::StoreLost {
            return again();
        }
        match joined {
            Joined::Lead { lease, .. } => match glimpse {
                Some(reading) => {
                    Self::saw(scene, Sight::GlimpseUsed);
                    Next::Go(Step::Conclude { lease, answer: judged(&reading) })
                }
                None => Next::Go(Step::Read { lease }),
            },
            Joined::Wait { .. } if scene.does(Mutant::EveryoneReads) => match self.read(luck) {
                Ok(reading) => {
                    let (answer, handshake) = (judged(&reading), Some(handshake(self.opened)));
                    Next::Answer(Reply::Validated(View { answer, handshake, seat: tabs::Seat::default() }))
                }
                Err(_) => again(),
            },
            Joined::Wait { fence, .. } => Next::Go(Step::Wait { fence }),
            Joined::Replay(view) => {
                Self::saw(scene, Sight::Replayed);
                Next::Answer(Reply::Validated(view))
            }
            Joined::Failed(_) => {
                Self::saw(scene, Sight::FailureShared);
                again()
            }
        }
    }

    fn read(&mut self, luck: Luck) -> Result<Reading, Error> {
        self.observe(&Observed::Read);
        let reading = self.genesys.read(self.now);
        if luck == Luck::Good {
            return Ok(reading);
        }
        self.observe(&Observed::Trouble);
        Err(Error::retry(Reason::UpstreamTimeout, "", seconds(BACK_IN / 2)))
    }
}

fn again() -> Next {
    Next::Answer(Reply::Again { after: 0 })
}

fn fenced(scene: &Scene) -> Next {
    scene.sights.saw(Sight::LeadFenced);
    Next::Go(Step::Join { waited_on: None })
}

/// Judged as of the reading: how long the request was held back matters to windows, which are checked elsewhere.
fn judged(reading: &Reading) -> Answer {
    let about = Request { participant: &customer(), held: seconds(0) };
    let as_of = reading.date.unwrap();
    Answer::live(decide(&policy(), reading.found.as_ref(), about, as_of).unwrap(), as_of)
}

pub(super) fn observed(client: Option<usize>, view: &View) -> Observed {
    // No two reads have the same instant: who is told the instant alike is told the answer of the same read.
    let decision = format!("{} as of {}", view.answer.decision.reason().wire(), view.answer.as_of);
    let seat = view.seat.role.map(|role| Seat { active: role == TabRole::Active, epoch: view.seat.epoch });
    let tab = client.map(|client| tab(client).to_string());
    Observed::Validated { tab, handshake: view.handshake.map(name_of), decision, seat }
}

fn policy() -> Policy {
    Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting }
}
