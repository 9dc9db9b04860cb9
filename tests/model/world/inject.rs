//! The steps of `src/service/inject.rs`, and of `injector.rs` before it sends anything.

use session_resumption::domain::conversation::Injection;
use session_resumption::domain::ledger::{BEGINNING, Begun, Held, Unsettled};
use session_resumption::domain::time::until;

use super::confirm::refused;
use super::program::{Ended, Told, Work};
use super::{Luck, Next, Program, Reply, Step, World};
use crate::given::{LEASE_FOR, Second, TEXT, WRITE_FOR, customer, handshake, message, seconds, tab};
use crate::invariants::{Fate, Line, Observed};
use crate::scene::{Call, Mutant, Scene};
use crate::sights::Sight;

impl World {
    fn injection(&self, scene: &Scene, program: &Program) -> Injection {
        let speaks = program.call == Call::InjectAsTab;
        Injection {
            handshake: program.named.unwrap_or_else(|| handshake(0)),
            participant: customer(),
            tab: speaks.then(|| (tab(program.client), program.epoch)),
            items: (0..scene.messages).map(message).collect(),
            owner: self.owner(program),
            hold_for: seconds(LEASE_FOR),
        }
    }

    /// Whether nobody holds the transcript.
    pub(super) fn is_free(&self, scene: &Scene, program: &Program) -> bool {
        let begun = self.store.clone().begin_injection(&self.injection(scene, program), self.time());
        !matches!(begun, Ok(Begun::Busy(_)))
    }

    pub(super) fn inject(&mut self, scene: &Scene, program: &Program, step: Step, luck: Luck) -> Next {
        match step {
            Step::Begin | Step::AwaitTranscript { .. } => self.begin(scene, program, luck),
            Step::Look(work) => self.look(scene, work, luck),
            Step::ReadTranscript { work, .. } if luck == Luck::AnswerLost => failed(work, 0),
            Step::ReadTranscript { work, looked_at } => {
                Next::Go(Step::Reconcile { work, looked_at, lines: self.genesys.lines.clone() })
            }
            Step::Reconcile { work, looked_at, lines } => self.reconcile(scene, work, looked_at, lines, luck),
            Step::Finish { work, ended } => {
                self.store.ledger().end(work.lease);
                if luck == Luck::StoreLost {
                    return Next::Answer(Reply::Again { after: 0 });
                }
                match ended {
                    Ended::Failed { after } => Next::Answer(Reply::Again { after }),
                    Ended::Answered | Ended::NotInjectable => {
                        let complete = work.fates.iter().all(|fate| matches!(fate, Some(Told::Present(_))));
                        let for_good = work.fates.contains(&Some(Told::Ambiguous));
                        let over = complete || for_good || ended == Ended::NotInjectable;
                        Next::Answer(Reply::Injected { fates: told(&work.fates), over })
                    }
                }
            }
            step => unreachable!("no step of an injection: {step:?}"),
        }
    }

    fn begin(&mut self, scene: &Scene, program: &Program, luck: Luck) -> Next {
        let injection = self.injection(scene, program);
        let begun = if scene.does(Mutant::Unconfirmed) {
            let (owner, hold_for, now) = (injection.owner, injection.hold_for, self.time());
            Ok(self.store.ledger().begin(&injection.items, owner, hold_for, None, now))
        } else {
            let injection =
                if scene.does(Mutant::EpochUnchecked) { Injection { tab: None, ..injection } } else { injection };
            self.store.begin_injection(&injection, self.time())
        };
        if luck == Luck::StoreLost {
            return Next::Answer(Reply::Again { after: 0 });
        }
        match begun {
            Err(error) => {
                Self::saw(scene, Sight::OldEpochRefused);
                refused(&error)
            }
            Ok(Begun::AllWritten(ids)) => {
                Self::saw(scene, Sight::AllWritten);
                let fates: Vec<_> = ids.into_iter().map(|id| Some(Told::Present(id))).collect();
                Next::Answer(Reply::Injected { fates: told(&fates), over: true })
            }
            Ok(Begun::Busy(left)) => {
                Self::saw(scene, Sight::HoldAwaited);
                Next::Go(Step::AwaitTranscript { until: self.now + left.as_secs() })
            }
            Ok(Begun::Reused(_) | Begun::Full) => Next::Answer(Reply::Refused),
            Ok(Begun::Holding(Held { lease, written, unsettled, claimed })) => {
                if program.call == Call::InjectAsTab {
                    self.observe(&Observed::LetIn { tab: tab(program.client).to_string(), epoch: program.epoch });
                }
                let fates = written.into_iter().map(|id| id.map(Told::Present)).collect();
                Next::Go(Step::Look(Work { lease, fates, unsettled, claimed, last_id: None, allowed: false }))
            }
        }
    }

    fn look(&mut self, scene: &Scene, mut work: Work, luck: Luck) -> Next {
        if luck == Luck::AnswerLost {
            return failed(work, 0);
        }
        work.allowed = self.genesys.takes_messages();
        if !work.allowed && !scene.does(Mutant::StatusIgnored) {
            Self::saw(scene, Sight::NotInjectable);
            for lost in std::mem::take(&mut work.unsettled) {
                if let Some(index) = number_of(scene, &lost) {
                    work.fates[index] = Some(Told::Unknown);
                }
            }
            return Next::Go(Step::Finish { work, ended: Ended::NotInjectable });
        }
        if scene.does(Mutant::NoLookUp) {
            work.unsettled.clear();
            return next(work);
        }
        // The store is asked for the time in a call of its own, which changes nothing and is as good as done here.
        Next::Go(Step::ReadTranscript { work, looked_at: self.time() })
    }

    /// One message that may have been sent before: found, certainly absent, or not to be told yet.
    fn reconcile(
        &mut self,
        scene: &Scene,
        mut work: Work,
        looked_at: jiff::Timestamp,
        lines: Vec<usize>,
        luck: Luck,
    ) -> Next {
        if work.unsettled.is_empty() {
            work.last_id = Some(end(&lines));
            return next(work);
        }
        let lost = work.unsettled.remove(0);
        let found = look_for(&lines, lost.after.as_deref(), &work);
        let looked_at = if scene.does(Mutant::TranscriptBeforeTheTime) { self.time() } else { looked_at };
        if found == Sighting::Ambiguous
            && let Some(index) = number_of(scene, &lost)
        {
            Self::saw(scene, Sight::Ambiguous);
            work.fates[index] = Some(Told::Ambiguous);
            return Next::Go(Step::Reconcile { work, looked_at, lines });
        }
        let settled = if let Sighting::Found(id) = found {
            Self::saw(scene, Sight::FoundInTranscript);
            work.claimed.insert(id.clone());
            if let Some(index) = number_of(scene, &lost) {
                work.fates[index] = Some(Told::Present(id.clone()));
            }
            self.store.ledger().written(work.lease, &lost.key, id)
        } else {
            let left = seconds(WRITE_FOR).saturating_sub(until(lost.at, looked_at));
            if !left.is_zero() && !scene.does(Mutant::Impatient) {
                Self::saw(scene, Sight::OutcomePending);
                return failed(work, left.as_secs());
            }
            Self::saw(scene, Sight::CertainlyAbsent);
            self.store.ledger().not_sent(work.lease, &lost.key)
        };
        if settled.is_err() || luck == Luck::StoreLost {
            return failed(work, 0);
        }
        Next::Go(Step::Reconcile { work, looked_at, lines })
    }
}

/// What a transcript tells of a message that may have been written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sighting {
    Found(String),
    Absent,
    Ambiguous,
}

/// The next message that has no fate yet, or the end.
pub(super) fn next(work: Work) -> Next {
    let first = work.fates.iter().find(|fate| !matches!(fate, Some(Told::Present(_))));
    match first {
        Some(None) => Next::Go(Step::Announce(work)),
        _ => Next::Go(Step::Finish { work, ended: Ended::Answered }),
    }
}

pub(super) fn failed(work: Work, after: Second) -> Next {
    Next::Go(Step::Finish { work, ended: Ended::Failed { after } })
}

/// The first line after the transcript's end as it was then, that is nobody else's: they all say the same here
/// (`src/service/transcript.rs`).
pub(super) fn look_for(lines: &[usize], after: Option<&str>, work: &Work) -> Sighting {
    let known = after.map(|after| if after == BEGINNING { 0 } else { after.parse().unwrap() });
    let mut later = known.unwrap_or(0) + 1..=lines.len();
    match later.find(|place| !work.claimed.contains(&place.to_string())) {
        Some(_) if known.is_none() => Sighting::Ambiguous,
        Some(place) => Sighting::Found(place.to_string()),
        None => Sighting::Absent,
    }
}

/// The last id of a transcript.
fn end(lines: &[usize]) -> String {
    if lines.is_empty() { BEGINNING.to_owned() } else { lines.len().to_string() }
}

fn number_of(scene: &Scene, lost: &Unsettled) -> Option<usize> {
    (0..scene.messages).find(|number| message(*number).key == lost.key)
}

pub(super) fn line(number: usize) -> Line {
    // Each says something else to the checker, which so sees which is which; the programs see that they are all alike.
    Line { name: format!("m{number}"), author: customer().to_string(), text: format!("{TEXT}{number}") }
}

fn told(fates: &[Option<Told>]) -> Vec<(String, Fate)> {
    let fate = |fate: &Option<Told>| match fate {
        Some(Told::Present(id)) => Fate::Present(id.clone()),
        Some(Told::Unknown | Told::Ambiguous) => Fate::Unknown,
        None => Fate::NotAttempted,
    };
    fates.iter().enumerate().map(|(number, told)| (line(number).name, fate(told))).collect()
}
