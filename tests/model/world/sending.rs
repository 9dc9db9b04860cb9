//! The steps of `src/service/injector.rs` for each message: announce, send, record.

use super::inject::{Sighting, failed, line, look_for, next};
use super::program::{Ended, Told, Work};
use super::{Luck, Next, Step, World, Write};
use crate::given::{LEASE_FOR, WRITE_FOR, message, seconds};
use crate::invariants::Observed;
use crate::scene::Scene;
use crate::sights::Sight;

impl World {
    pub(super) fn send(&mut self, scene: &Scene, step: Step, luck: Luck) -> Next {
        match step {
            Step::Announce(work) => self.announce(scene, work, luck),
            Step::Post { work, index, until } => self.post(scene, work, index, until, luck),
            Step::LookUp { mut work, index } => match look_for(&self.genesys.lines, work.last_id.as_deref(), &work) {
                Sighting::Found(id) => Next::Go(Step::Record { work, index, id }),
                Sighting::Absent | Sighting::Ambiguous => {
                    work.fates[index] = Some(Told::Unknown);
                    next(work)
                }
            },
            Step::Record { work, index, id } => self.record(scene, work, index, id, luck),
            Step::Unsend { work, index, refused } => {
                let settled = self.store.ledger().not_sent(work.lease, &message(index).key);
                if settled.is_ok() && luck != Luck::StoreLost && refused && !self.genesys.takes_messages() {
                    return Next::Go(Step::Finish { work, ended: Ended::NotInjectable });
                }
                failed(work, 0)
            }
            step => unreachable!("no step of sending: {step:?}"),
        }
    }

    fn announce(&mut self, scene: &Scene, work: Work, luck: Luck) -> Next {
        let index = work.fates.iter().position(Option::is_none).unwrap_or_default();
        let (now, last_id) = (self.time(), work.last_id.clone());
        let announced = self.store.ledger().announce(work.lease, message(index), last_id, seconds(LEASE_FOR), now);
        if luck == Luck::StoreLost || !self.is_heard(scene) {
            return failed(work, 0);
        }
        if announced.is_err() {
            Self::saw(scene, Sight::HoldFenced);
            return Next::Go(Step::Finish { work, ended: Ended::Answered });
        }
        Next::Go(Step::Post { work, index, until: self.now + WRITE_FOR })
    }

    fn post(&mut self, scene: &Scene, work: Work, index: usize, until: u64, luck: Luck) -> Next {
        self.observe(&Observed::Sent { allowed: work.allowed });
        match luck {
            Luck::AnswerLost => {
                self.genesys.sends(until, Write::Message(index));
                Next::Go(Step::LookUp { work, index })
            }
            Luck::Refused => Next::Go(Step::Unsend { work, index, refused: false }),
            _ if !self.genesys.takes_messages() => {
                Self::saw(scene, Sight::Refused409);
                Next::Go(Step::Unsend { work, index, refused: true })
            }
            _ => {
                let id = self.append(index);
                Next::Go(Step::Record { work, index, id })
            }
        }
    }

    fn record(&mut self, scene: &Scene, mut work: Work, index: usize, id: String, luck: Luck) -> Next {
        let recorded = self.store.ledger().written(work.lease, &message(index).key, id.clone());
        if luck == Luck::StoreLost {
            return failed(work, 0);
        }
        work.claimed.insert(id.clone());
        work.last_id = Some(id.clone());
        work.fates[index] = Some(Told::Present(id));
        if recorded.is_err() {
            Self::saw(scene, Sight::HoldFenced);
            return Next::Go(Step::Finish { work, ended: Ended::Answered });
        }
        next(work)
    }

    /// A message takes its place in the transcript, and is named by it.
    pub(super) fn append(&mut self, number: usize) -> String {
        self.genesys.lines.push(number);
        let (id, line) = (self.genesys.lines.len().to_string(), line(number));
        self.observe(&Observed::Written { id: id.clone(), author: line.author, text: line.text });
        id
    }
}
