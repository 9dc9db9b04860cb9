//! The handshakes of one pair: who leads, who waits, who is answered from memory.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::answer::Answer;
use super::error::{Error, Reason};
use super::handshake::{Confirmation, Handshake, Phase, USABLE_FOR};
use super::ids::{AttemptId, HandshakeId, TabId};
use super::lease::{Fenced, Grant, Lease};
use super::tabs::{Seat, Tabs};
use super::time::after;

/// Unconfirmed handshakes kept per pair; the oldest goes first. One opens at most each replay TTL: some two hours' worth at
/// the default.
const MAX_HANDSHAKES: usize = 128;

/// Somebody asks to resume.
#[derive(Debug, Clone)]
pub struct Join {
    /// The tab, if the caller is one.
    pub tab: Option<TabId>,
    /// The drop, if the caller names it.
    pub attempt: Option<AttemptId>,
    /// The fence the caller has been waiting for, if it has.
    pub waited_on: Option<u64>,
    /// The name of the handshake, should one be opened.
    pub new_id: HandshakeId,
    /// The caller's nonce, should it lead.
    pub owner: Uuid,
    /// How long a lead lasts.
    pub lease_for: Duration,
}

/// What somebody who asks to resume has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// Find out, and tell.
    Lead {
        /// The handshake.
        id: HandshakeId,
        /// To be shown when telling.
        lease: Lease,
        /// When the request arrived that is to be judged; earlier than now if we held it back.
        arrived: Timestamp,
        /// When it was told to lead.
        now: Timestamp,
    },
    /// Wait until the pair changes, at most this long, and ask again showing the fence.
    Wait {
        /// The lead waited for.
        fence: u64,
        /// How long that lead can last.
        left: Duration,
    },
    /// The answer is known.
    Replay(View),
    /// The lead that was waited for failed.
    Failed(Error),
}

/// An answer as one caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// The answer.
    pub answer: Answer,
    /// The handshake; none when the answer is a new start.
    pub handshake: Option<HandshakeId>,
    /// The caller's part.
    pub seat: Seat,
}

/// How much would be lost with a pair, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// No customer of it can come back.
    Nothing,
    /// It is just being found out.
    Judged,
    /// Its customer may come back.
    Resumable,
    /// Its customer came back.
    Confirmed,
}

/// One pair's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PairState {
    handshakes: Vec<Handshake>,
    /// The one opened last. It alone can be joined, and when it is forgotten none can: an older answer was replaced.
    newest: Option<HandshakeId>,
    tabs: Tabs,
    /// Until when a seat given by a heartbeat is kept without a handshake.
    seats_until: Option<Timestamp>,
    fence: u64,
    /// Handshakes opened before this one are superseded: it was confirmed.
    confirmed: Option<HandshakeId>,
}

impl PairState {
    /// Joins the handshake that can be joined, or opens one.
    pub fn join(&mut self, join: &Join, now: Timestamp) -> Joined {
        self.forget(now);
        self.tabs.seat(join.tab.as_ref());
        let Some(current) = self.joinable() else { return self.open(join, now) };
        match &current.phase {
            Phase::Leading(grant) if grant.holds(now) => {
                let wait = Joined::Wait { fence: grant.lease.fence, left: grant.left(now) };
                current.admit(join.tab.as_ref(), join.attempt);
                wait
            }
            Phase::Leading(lost) => {
                // Whoever led is dead. The customer waited through no fault of theirs.
                let lost = lost.until;
                current.hold_back(lost);
                self.lead(join, now)
            }
            Phase::Failed { fence, error } if join.waited_on == Some(*fence) => Joined::Failed(error.clone()),
            Phase::Failed { .. } => self.lead(join, now),
            Phase::Concluded { answer, replay_until, .. } => {
                if now >= *replay_until || current.is_second_drop(join.tab.as_ref(), join.attempt) {
                    return self.open(join, now);
                }
                let answer = answer.clone();
                current.admit(join.tab.as_ref(), join.attempt);
                let handshake = current.is_resumable().then_some(current.id);
                Joined::Replay(View { answer, handshake, seat: self.tabs.look(join.tab.as_ref()) })
            }
        }
    }

    /// Takes the leader's answer.
    pub fn conclude(
        &mut self,
        lease: Lease,
        tab: Option<&TabId>,
        answer: Answer,
        replay_ttl: Duration,
        now: Timestamp,
    ) -> Result<View, Fenced> {
        let current = led_by(&mut self.handshakes, lease)?;
        current.conclude(answer.clone(), replay_ttl, now);
        let handshake = current.is_resumable().then_some(current.id);
        Ok(View { answer, handshake, seat: self.tabs.look(tab) })
    }

    /// Takes the leader's failure. Callers were told to return after `back_in`; until then, and a little longer, the time
    /// they wait does not count.
    pub fn fail(&mut self, lease: Lease, error: Error, back_in: Duration, now: Timestamp) -> Result<(), Fenced> {
        let current = led_by(&mut self.handshakes, lease)?;
        current.phase = Phase::Failed { fence: lease.fence, error };
        current.hold_back(after(now, back_in));
        Ok(())
    }

    /// Makes a tab ACTIVE and answers with what is known, without asking anybody.
    pub fn take_over(&mut self, tab: &TabId, now: Timestamp) -> Result<View, Error> {
        self.forget(now);
        if self.joinable().is_none() {
            return Err(nothing_to_take_over());
        }
        let known = self.handshakes.iter_mut().rev().find(|handshake| handshake.answer().is_some());
        let Some((handshake, answer)) = known.and_then(|handshake| {
            handshake.admit(Some(tab), None);
            let answer = handshake.answer()?.clone();
            Some((handshake.is_resumable().then_some(handshake.id), answer))
        }) else {
            return Err(nothing_to_take_over());
        };
        Ok(View { answer, handshake, seat: self.tabs.take_over(tab) })
    }

    /// The answer of exactly this handshake.
    pub fn view(&mut self, id: HandshakeId, tab: Option<&TabId>, now: Timestamp) -> Result<View, Error> {
        let handshake = self.usable(id, now)?;
        handshake.admit(tab, None);
        let answer = handshake.answer().cloned().ok_or_else(not_found)?;
        Ok(View { answer, handshake: Some(id), seat: self.tabs.seat(tab) })
    }

    /// A handshake whose id was handed out for this pair and still counts.
    pub fn usable(&mut self, id: HandshakeId, now: Timestamp) -> Result<&mut Handshake, Error> {
        self.forget(now);
        let position = |id| self.handshakes.iter().position(|handshake| handshake.id == id);
        let index = position(id).ok_or_else(not_found)?;
        if self.confirmed.and_then(position).is_some_and(|confirmed| index < confirmed) {
            return Err(superseded());
        }
        Some(&mut self.handshakes[index]).filter(|handshake| handshake.is_resumable()).ok_or_else(not_found)
    }

    /// Notes that a handshake was confirmed, which supersedes all that were opened before it.
    pub fn confirmed(&mut self, id: HandshakeId) {
        let position = |id| self.handshakes.iter().position(|handshake| handshake.id == id);
        if position(id) > self.confirmed.and_then(position) {
            self.confirmed = Some(id);
        }
    }

    /// Gives the confirmations that nobody recorded yet to this recorder, and to no other after it.
    pub fn record(&mut self, recorder: Uuid) -> impl Iterator<Item = (HandshakeId, Confirmation)> {
        self.handshakes.iter_mut().filter_map(move |handshake| {
            let confirmation = handshake.confirmation.clone()?;
            let given_to = *handshake.recorder.get_or_insert(recorder);
            (given_to == recorder).then_some((handshake.id, confirmation))
        })
    }

    /// Whether a tab speaks for the pair as of an epoch.
    pub fn speaks(&self, tab: &TabId, epoch: u64) -> bool {
        self.tabs.speaks(tab, epoch)
    }

    /// Seats a tab that asks for nothing else.
    pub fn seat(&mut self, tab: Option<&TabId>, now: Timestamp) -> Seat {
        self.seats_until = Some(after(now, USABLE_FOR));
        self.tabs.seat(tab)
    }

    /// The seat of a caller that is no tab.
    pub fn nobodys_seat(&self) -> Seat {
        self.tabs.look(None)
    }

    /// Whether nothing of it can matter any more.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        self.handshakes.iter().all(|handshake| handshake.is_spent(now))
            && self.seats_until.is_none_or(|seats_until| now >= seats_until)
    }

    /// How much would be lost with it.
    pub fn worth(&self) -> Worth {
        let worth = |handshake: &Handshake| match handshake.phase {
            _ if handshake.confirmation.is_some() => Worth::Confirmed,
            _ if handshake.is_resumable() => Worth::Resumable,
            Phase::Leading(_) => Worth::Judged,
            Phase::Failed { .. } | Phase::Concluded { .. } => Worth::Nothing,
        };
        // A heartbeat gives seats only where the session can be resumed.
        let seated = if self.seats_until.is_some() { Worth::Resumable } else { Worth::Nothing };
        self.handshakes.iter().map(worth).fold(seated, Ord::max)
    }

    /// Finds a handshake without judging whether it still counts.
    pub fn find(&mut self, id: HandshakeId) -> Option<&mut Handshake> {
        self.handshakes.iter_mut().find(|handshake| handshake.id == id)
    }

    fn open(&mut self, join: &Join, now: Timestamp) -> Joined {
        if self.handshakes.len() >= MAX_HANDSHAKES {
            // A confirmed one still answers repeats; there is one that matters at most, so an unconfirmed one is found.
            let oldest = self.handshakes.iter().position(|handshake| handshake.confirmation.is_none());
            self.handshakes.remove(oldest.unwrap_or(0));
        }
        let grant = self.grant(join, now);
        let mut handshake = Handshake::open(join.new_id, now, grant, self.handshakes.last());
        handshake.admit(join.tab.as_ref(), join.attempt);
        self.handshakes.push(handshake);
        self.newest = Some(join.new_id);
        Joined::Lead { id: join.new_id, lease: grant.lease, arrived: now, now }
    }

    /// Leads the current handshake once more; whoever led before is fenced off.
    fn lead(&mut self, join: &Join, now: Timestamp) -> Joined {
        let grant = self.grant(join, now);
        let Some(current) = self.joinable() else { return self.open(join, now) };
        let arrived = current.lead(grant, join.attempt, now);
        current.admit(join.tab.as_ref(), join.attempt);
        Joined::Lead { id: current.id, lease: grant.lease, arrived, now }
    }

    fn grant(&mut self, join: &Join, now: Timestamp) -> Grant {
        self.fence += 1;
        Grant { lease: Lease { owner: join.owner, fence: self.fence }, until: after(now, join.lease_for) }
    }

    fn joinable(&mut self) -> Option<&mut Handshake> {
        let newest = self.newest?;
        self.handshakes.last_mut().filter(|handshake| handshake.id == newest)
    }

    fn forget(&mut self, now: Timestamp) {
        self.handshakes.retain(|handshake| !handshake.is_spent(now));
    }
}

/// The handshake led under this lease, if it still is.
fn led_by(handshakes: &mut [Handshake], lease: Lease) -> Result<&mut Handshake, Fenced> {
    handshakes
        .last_mut()
        .filter(|handshake| matches!(&handshake.phase, Phase::Leading(grant) if grant.lease == lease))
        .ok_or(Fenced)
}

/// One answer for unknown, expired and another pair's: telling them apart would tell a stranger what exists.
pub fn not_found() -> Error {
    Error::new(Reason::HandshakeNotFound, "no such handshake of this session; call ValidateSession to open one")
}

/// Its customer came back once more since.
pub fn superseded() -> Error {
    Error::new(Reason::HandshakeSuperseded, "a newer handshake of this session was confirmed; use that one")
}

/// A tab can only take over what an earlier answer described.
pub fn nothing_to_take_over() -> Error {
    Error::new(
        Reason::NothingToTakeOver,
        "no answer of this session is known; call ValidateSession with intent RESUME first",
    )
}
