//! What goes wrong.

use super::{Action, Program, Step, Who, World, Write};
use crate::invariants::Observed;
use crate::scene::{Forgetting, Mutant, Scene};
use crate::sights::Sight;
use session_resumption::domain::counter::Written;

impl World {
    pub(super) fn troubles(&self, actions: &mut Vec<Action>) {
        if self.losses > 0 {
            let calling = |index: &usize| self.clients[*index].program.is_some();
            actions.extend((0..self.clients.len()).filter(calling).map(Action::Hangup));
        }
        if self.crashes > 0 {
            let busy = |replica: &usize| self.programs().any(|(_, program)| program.replica == *replica);
            actions.extend((0..2).filter(busy).map(Action::Crash));
        }
    }

    /// How the store may lose something.
    pub(super) fn forgettings(&self, scene: &Scene, actions: &mut Vec<Action>) {
        match scene.forgetting {
            Some(Forgetting::LastWrites) if self.heard.is_some() => actions.push(Action::Forget),
            Some(_) if self.lost > 0 || self.programs().next().is_none() => {}
            Some(Forgetting::LastWrites) => actions.push(Action::Lag),
            Some(Forgetting::All) => actions.push(Action::Forget),
            None => {}
        }
    }

    /// Whether the store's successor has a reservation that was just made. Else it must not be used.
    pub(super) fn is_heard(&mut self, scene: &Scene) -> bool {
        self.unheard = self.heard.is_some() && !scene.does(Mutant::UnheardUsed);
        !self.unheard
    }

    pub(super) fn forget(&mut self) {
        self.lost += 1;
        self.unheard = false;
        self.store = self.heard.take().unwrap_or_default();
        self.observe(&Observed::Lost);
    }

    pub(super) fn hangup(&mut self, index: usize) {
        self.losses -= 1;
        let Some(program) = self.leaves(index) else { return };
        if !program.step.is_the_callers_own() {
            self.orphans.push(program);
        }
    }

    pub(super) fn crash(&mut self, scene: &Scene, replica: usize) {
        self.crashes -= 1;
        self.observe(&Observed::Trouble);
        let dead: Vec<(Who, Program)> = self
            .programs()
            .filter(|(_, program)| program.replica == replica)
            .map(|(who, p)| (who, p.clone()))
            .collect();
        for (who, program) in dead {
            if let Who::Client(index) = who {
                self.leaves(index);
            }
            match program.step {
                // Its request may be out already, and take effect.
                Step::WriteCount { confirmation, until, .. } => {
                    Self::saw(scene, Sight::CrashedBeforeWrite);
                    let (count, time) = (confirmation.count, confirmation.time);
                    self.genesys.sends(until, Write::Count { count, time });
                }
                Step::Post { work, index, until } => {
                    Self::saw(scene, Sight::CrashedBeforeWrite);
                    self.observe(&Observed::Sent { allowed: work.allowed });
                    self.genesys.sends(until, Write::Message(index));
                }
                Step::Settle { written: Written::Yes, .. } | Step::Record { .. } => {
                    Self::saw(scene, Sight::CrashedAfterWrite);
                }
                _ => {}
            }
        }
        self.orphans.retain(|orphan| orphan.replica != replica);
    }

    /// The client turns to the other replica.
    fn leaves(&mut self, index: usize) -> Option<Program> {
        let client = &mut self.clients[index];
        client.replica = 1 - client.replica;
        client.rests_until = self.now;
        client.program.take()
    }

    /// A write whose caller got no answer takes effect.
    pub(super) fn land(&mut self, scene: &Scene, index: usize) {
        match self.genesys.in_flight.remove(index).write {
            Write::Count { count, time } => {
                Self::saw(scene, Sight::LateCount);
                self.take_count(count, time);
            }
            Write::Message(number) if self.genesys.takes_messages() => {
                Self::saw(scene, Sight::LateMessage);
                self.append(number);
            }
            Write::Message(_) => {}
        }
    }
}
