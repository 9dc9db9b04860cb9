//! Taking over, and using a handshake that was handed out.

use std::fmt::Debug;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use session_resumption::domain::conversation::{Confirming, Injection};
use session_resumption::domain::counter::{Claim, Claimant, Claimed, Written};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::ledger::Begun;
use session_resumption::domain::pair::View;
use session_resumption::domain::tabs::TabRole;
use uuid::Uuid;

use super::World;
use crate::drawing::back;
use crate::given::{USABLE_FOR, handshake, is_resumable, no_such_handshake, plus, tab, who};
use crate::model::pair::State;

impl World {
    pub(super) fn take_over(&mut self, w: usize, t: usize) -> TestCaseResult {
        let (now, pair) = (self.now, &mut self.pairs[w]);
        pair.forget(now);
        let forgotten = pair.newest_is_forgotten;
        let known = pair.opened.iter_mut().rev().filter(|_| !forgotten).find_map(|opened| match &opened.state {
            State::Known { answer, at, replay_until } => {
                let (answer, id) = (answer.clone(), opened.id);
                let until = if is_resumable(&answer) { plus(*at, USABLE_FOR) } else { *replay_until };
                (now < until).then(|| {
                    opened.tabs.insert(t);
                    (is_resumable(&answer).then_some(id), answer)
                })
            }
            State::Led { .. } | State::Failed { .. } => None,
        });
        let told = self.conversation.take_over(&who(w), &tab(t), now);
        let Some((handshake, answer)) = known else {
            prop_assert_eq!(told.unwrap_err().reason, Reason::NothingToTakeOver);
            return Ok(());
        };
        pair.activate(t);
        let view = View { answer, handshake, seat: pair.seat_of(Some(t)) };
        prop_assert_eq!(view.seat.role, Some(TabRole::Active));
        prop_assert_eq!(told.as_ref(), Ok(&view));
        self.told(w, Some(t), &view)
    }

    /// A handshake's id, of this pair or another's; one that was never handed out if there is none.
    fn named(&self, of: usize, handshake_back: usize) -> HandshakeId {
        back(&self.pairs[of].opened, handshake_back).map_or(handshake(u128::MAX), |opened| opened.id)
    }

    pub(super) fn view(&mut self, w: usize, of: usize, handshake: usize, t: Option<usize>) -> TestCaseResult {
        let id = self.named(of, handshake);
        let told = self.conversation.view(&who(w), id, t.map(tab).as_ref(), self.now);
        let pair = &mut self.pairs[w];
        match pair.expect_usable(id, self.now) {
            Err(reason) => refused(told, reason),
            Ok(index) => {
                pair.opened[index].tabs.extend(t);
                let State::Known { answer, .. } = pair.opened[index].state.clone() else { unreachable!() };
                let view = View { answer, handshake: Some(id), seat: pair.seat(t) };
                prop_assert_eq!(told.as_ref(), Ok(&view));
                self.told(w, t, &view)
            }
        }
    }

    pub(super) fn confirm(&mut self, w: usize, of: usize, handshake: usize) -> TestCaseResult {
        let id = self.named(of, handshake);
        let claim = Claim {
            claimant: Claimant { participant: who(w), handshake: id },
            metadata: self.count,
            counted_at: None,
            read_at: self.now,
            agent_id: None,
            as_of: None,
            owner: Uuid::from_u128(1),
            write_for: Duration::from_secs(10),
        };
        let told = self.conversation.claim(claim, self.now);
        let usable = self.pairs[w].expect_usable(id, self.now);
        match usable {
            Err(reason) => refused(told, reason),
            Ok(index) if self.pairs[w].opened[index].confirmed => {
                prop_assert!(matches!(told, Ok(Confirming::Already(_))), "{:?}", told);
                Ok(())
            }
            Ok(index) => {
                let Ok(Confirming::Claimed(Claimed::Write { lease, confirmation, .. })) = told else {
                    return Err(TestCaseError::fail(format!("nothing else is in flight, yet: {told:?}")));
                };
                prop_assert_eq!(confirmation.count, self.count + 1);
                prop_assert_eq!(self.conversation.settle(lease, Written::Yes), Ok(()));
                self.count = confirmation.count;
                self.pairs[w].opened[index].confirmed = true;
                Ok(())
            }
        }
    }

    pub(super) fn speak(&mut self, w: usize, handshake: usize, t: usize, epochs_ago: u64) -> TestCaseResult {
        let (id, pair) = (self.named(w, handshake), &mut self.pairs[w]);
        let epoch = pair.epoch.saturating_sub(epochs_ago);
        let injection = Injection {
            handshake: id,
            participant: who(w),
            tab: Some((tab(t), epoch)),
            items: Vec::new(),
            owner: Uuid::from_u128(1),
            hold_for: Duration::from_secs(10),
        };
        let told = self.conversation.begin_injection(&injection, self.now);
        match pair.expect_usable(id, self.now) {
            Err(reason) => refused(told, reason),
            Ok(index) if !pair.opened[index].confirmed => refused(told, Reason::NotConfirmed),
            Ok(_) if pair.active != Some(t) || pair.epoch != epoch => refused(told, Reason::Superseded),
            Ok(_) => {
                prop_assert_eq!(told, Ok(Begun::AllWritten(Vec::new())));
                Ok(())
            }
        }
    }
}

/// Every refusal says what it should; and "no such handshake" always in the very same words.
fn refused<T: Debug>(told: Result<T, Error>, reason: Reason) -> TestCaseResult {
    let error = match told {
        Err(error) => error,
        Ok(told) => return Err(TestCaseError::fail(format!("should be refused with {reason:?}, but: {told:?}"))),
    };
    if reason == Reason::HandshakeNotFound {
        prop_assert_eq!(error, no_such_handshake());
    } else {
        prop_assert_eq!(error.reason, reason);
    }
    Ok(())
}
