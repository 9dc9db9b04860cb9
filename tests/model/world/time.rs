//! The passing of time.

use super::{Action, Step, World};
use crate::given::Second;
use crate::invariants::Observed;
use crate::scene::{Mutant, Scene};

impl World {
    /// How time may pass: by the scene's strides, as often as it allows; and when nobody can do anything, until the next instant
    /// that somebody waits for.
    pub(super) fn passings(&self, scene: &Scene, all_wait: bool, actions: &mut Vec<Action>) {
        if all_wait {
            actions.extend(self.awaited().into_iter().filter(|until| *until > self.now).min().map(Action::Sleep));
        } else if self.jumps > 0 {
            let strides = scene.strides.iter().map(|stride| self.now + stride);
            actions.extend(strides.filter(|second| self.may_pass(scene, *second)).map(Action::Pass));
        }
    }

    /// Whether nobody is frozen between a reservation and its write for as long as a write can take.
    fn may_pass(&self, scene: &Scene, second: Second) -> bool {
        let about_to_write = self.programs().filter_map(|(_, program)| program.step.writes_until());
        scene.does(Mutant::Frozen) || about_to_write.into_iter().all(|until| second < until)
    }

    /// A leader that could have gone on stands still for so long: for that, another may read once more.
    pub(super) fn freeze(&mut self) {
        let leads = |step: &Step| matches!(step, Step::Read { .. } | Step::Conclude { .. } | Step::Fail { .. });
        if self.programs().any(|(_, program)| leads(&program.step)) {
            self.observe(&Observed::Trouble);
        }
    }

    pub(super) fn pass(&mut self, second: Second) {
        self.now = second;
        self.genesys.in_flight.retain(|late| late.until > second);
    }

    fn awaited(&self) -> Vec<Second> {
        let rests = self.clients.iter().map(|client| client.rests_until);
        let steps = self.programs().filter_map(|(_, program)| match &program.step {
            // Who waits for a leader looks again when its lease is over, at the latest.
            Step::Wait { fence } => Some(self.lead_until(program, *fence)),
            Step::AwaitWriter { until } | Step::AwaitTranscript { until } => Some(*until),
            _ => None,
        });
        let in_flight = self.genesys.in_flight.iter().map(|late| late.until);
        rests.chain(steps).chain(in_flight).collect()
    }
}
