//! Asking to resume, and telling how it went.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use session_resumption::domain::decision::Reason as Why;
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::lease::Fenced;
use session_resumption::domain::pair::{Join, Joined, View};
use uuid::Uuid;

use super::World;
use crate::drawing::back;
use crate::given::{
    CREDIT_GRACE, NOT_FOUND_TTL, REPLAY_TTL, attempt, handshake, is_resumable, plus, resumable, start, start_over, tab,
    who,
};
use crate::model::calls::Kind;
use crate::model::pair::{Opened, State, Told};

impl World {
    pub(super) fn join(&mut self, w: usize, t: Option<usize>, a: Option<usize>, lease_for: Duration) -> TestCaseResult {
        let number = u128::from(self.fresh());
        let join = Join {
            tab: t.map(tab),
            attempt: a.map(attempt),
            waited_on: self.pairs[w].waits.get(&t).copied(),
            new_id: handshake(number),
            owner: Uuid::from_u128(number),
            lease_for,
        };
        let expected = self.pairs[w].expect_join(t, a, join.new_id, self.now);
        let (joined, reading) = self.conversation.join(&who(w), &join, self.now);
        let fresh = self.glimpse.as_ref().filter(|(_, until)| self.now < *until).map(|(reading, _)| reading.clone());
        let fresh = fresh.filter(|_| matches!(joined, Joined::Lead { .. }));
        prop_assert_eq!(reading, fresh, "a heartbeat's reading serves whoever leads, while it is fresh");
        let pair = &mut self.pairs[w];
        let told = match joined {
            Joined::Lead { id, lease, arrived, now } => {
                prop_assert_eq!(lease.owner, join.owner);
                prop_assert!(pair.leases.iter().all(|old| old.fence < lease.fence), "fences grow");
                pair.leases.push(lease);
                let state = State::Led { lease, until: plus(self.now, lease_for) };
                let earlier_attempts = pair.remembered_attempts(self.now);
                match pair.opened.last_mut().filter(|newest| newest.id == id) {
                    Some(newest) => newest.state = state,
                    None => pair.newest_is_now(Opened {
                        id,
                        at: self.now,
                        state,
                        confirmed: false,
                        tabs: BTreeSet::new(),
                        attempts: BTreeSet::new(),
                        earlier_attempts,
                    }),
                }
                prop_assert!(arrived <= now && now == self.now);
                Told::Lead { id, arrived }
            }
            Joined::Wait { fence, left } => Told::Wait { fence, left },
            Joined::Replay(view) => Told::Replay(view),
            Joined::Failed(error) => Told::Failed(error),
        };
        prop_assert_eq!(&told, &expected);
        if !matches!(told, Told::Failed(_)) {
            let newest = pair.opened.last_mut().unwrap();
            newest.tabs.extend(t);
            newest.attempts.extend(a);
        }
        match told {
            Told::Replay(view) => self.told(w, t, &view),
            Told::Lead { .. } | Told::Wait { .. } | Told::Failed(_) => Ok(()),
        }
    }

    pub(super) fn conclude(&mut self, w: usize, lease: usize, t: Option<usize>, kind: Kind) -> TestCaseResult {
        let Some(lease) = back(&self.pairs[w].leases, lease).copied() else { return Ok(()) };
        let as_of = start() + SignedDuration::from_secs(self.fresh().into());
        let (answer, ttl) = match kind {
            Kind::Resumable => (resumable(as_of), REPLAY_TTL),
            Kind::Ended => (start_over(Why::Ended, as_of), REPLAY_TTL),
            Kind::NotFound => (start_over(Why::SessionNotFound, as_of), NOT_FOUND_TTL),
        };
        let (now, pair) = (self.now, &mut self.pairs[w]);
        let seat = pair.seat_of(t);
        let expected = pair.led_by(lease).map(|newest| {
            newest.state = State::Known { answer: answer.clone(), at: now, replay_until: plus(now, ttl) };
            View { answer: answer.clone(), handshake: is_resumable(&answer).then_some(newest.id), seat }
        });
        if expected.is_some() {
            pair.credit = None;
        }
        let told = self.conversation.conclude(&who(w), lease, t.map(tab).as_ref(), answer, REPLAY_TTL, now);
        prop_assert_eq!(&told, &expected.ok_or(Fenced));
        told.map_or(Ok(()), |view| self.told(w, t, &view))
    }

    pub(super) fn fail(&mut self, w: usize, lease: usize, back_in: Duration) -> TestCaseResult {
        let Some(lease) = back(&self.pairs[w].leases, lease).copied() else { return Ok(()) };
        let error = Error::retry(Reason::UpstreamTimeout, format!("failure {}", self.fresh()), back_in);
        let (now, pair) = (self.now, &mut self.pairs[w]);
        let expected = pair.led_by(lease).map(|newest| {
            newest.state = State::Failed { fence: lease.fence, error: error.clone() };
            newest.at
        });
        if let Some(arrived) = expected {
            pair.credit.get_or_insert((arrived, plus(plus(now, back_in), CREDIT_GRACE)));
        }
        let told = self.conversation.fail(&who(w), lease, error, back_in, now);
        prop_assert_eq!(told, expected.map(|_| ()).ok_or(Fenced));
        Ok(())
    }
}
