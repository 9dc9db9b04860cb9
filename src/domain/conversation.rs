//! Everything kept about one conversation. Each public function is one atomic step of the protocol; a store runs each
//! under its own exclusion and never in parts.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::answer::Answer;
use super::counter::{Claim, Claimant, Claimed, Counter, Written};
use super::error::{Error, Reason};
use super::handshake::Confirmation;
use super::ids::{HandshakeId, ParticipantId, TabId};
use super::lease::{Fenced, Lease};
use super::ledger::{Begun, Item, Ledger};
use super::pair::{Join, Joined, PairState, View};
use super::snapshot::Reading;
use super::tabs::Seat;
use super::time::after;

/// Customers of one conversation that are kept apart. A web chat has one; the bound is for callers who invent them.
const MAX_PAIRS: usize = 64;

/// A reading made for a heartbeat, which a RESUME soon after may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glimpse {
    /// What was read.
    pub reading: Reading,
    /// How long it may be used.
    pub fresh_for: Duration,
    /// The tab to seat; none when the caller is no tab, or there is no session to sit in.
    pub tab: Option<TabId>,
}

/// What a confirmation may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirming {
    /// It was confirmed before, with this result.
    Already(Confirmation),
    /// What the counter says.
    Claimed(Claimed),
}

/// A resumption that stands in no record yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// Whose it is.
    pub claimant: Claimant,
    /// How it was confirmed.
    pub confirmation: Confirmation,
}

/// What an injection shows to be allowed in.
#[derive(Debug, Clone)]
pub struct Injection {
    /// The handshake, which must be confirmed.
    pub handshake: HandshakeId,
    /// The customer.
    pub participant: ParticipantId,
    /// The tab and the epoch it knows, if the caller is one.
    pub tab: Option<(TabId, u64)>,
    /// What it wants written, in order.
    pub items: Vec<Item>,
    /// The writer's nonce.
    pub owner: Uuid,
    /// How long the transcript is held.
    pub hold_for: Duration,
}

/// The state of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Conversation {
    pairs: BTreeMap<ParticipantId, PairState>,
    counter: Counter,
    ledger: Ledger,
    glimpse: Option<(Reading, Timestamp)>,
}

impl Conversation {
    /// Joins or opens a handshake. Whoever leads is given a heartbeat's fresh reading, if there is one.
    pub fn join(&mut self, who: &ParticipantId, join: &Join, now: Timestamp) -> (Joined, Option<Reading>) {
        // It holds what the customer wrote beside the chat; nobody needs that for longer.
        self.glimpse.take_if(|(_, until)| now >= *until);
        let joined = self.pair_or_new(who, now).join(join, now);
        let leads = matches!(joined, Joined::Lead { .. });
        let glimpse = self.glimpse.as_ref().filter(|_| leads);
        (joined, glimpse.map(|(reading, _)| reading.clone()))
    }

    /// Takes a leader's answer.
    pub fn conclude(
        &mut self,
        who: &ParticipantId,
        lease: Lease,
        tab: Option<&TabId>,
        answer: Answer,
        replay_ttl: Duration,
        now: Timestamp,
    ) -> Result<View, Fenced> {
        self.pairs.get_mut(who).ok_or(Fenced)?.conclude(lease, tab, answer, replay_ttl, now)
    }

    /// Takes a leader's failure.
    pub fn fail(
        &mut self,
        who: &ParticipantId,
        lease: Lease,
        error: Error,
        back_in: Duration,
        now: Timestamp,
    ) -> Result<(), Fenced> {
        self.pairs.get_mut(who).ok_or(Fenced)?.fail(lease, error, back_in, now)
    }

    /// Makes a tab ACTIVE.
    pub fn take_over(&mut self, who: &ParticipantId, tab: &TabId, now: Timestamp) -> Result<View, Error> {
        self.pairs.get_mut(who).ok_or_else(super::pair::nothing_to_take_over)?.take_over(tab, now)
    }

    /// The answer of exactly this handshake.
    pub fn view(
        &mut self,
        who: &ParticipantId,
        id: HandshakeId,
        tab: Option<&TabId>,
        now: Timestamp,
    ) -> Result<View, Error> {
        self.pair(who)?.view(id, tab, now)
    }

    /// Keeps a heartbeat's reading for a RESUME that follows it, and seats the tab.
    pub fn remember(&mut self, who: &ParticipantId, glimpse: &Glimpse, now: Timestamp) -> Seat {
        self.glimpse = Some((glimpse.reading.clone(), after(now, glimpse.fresh_for)));
        if glimpse.tab.is_some() {
            return self.pair_or_new(who, now).seat(glimpse.tab.as_ref(), now);
        }
        self.pairs.get(who).map(PairState::nobodys_seat).unwrap_or_default()
    }

    /// Whether a handshake is confirmed, and how.
    pub fn confirmation(
        &mut self,
        who: &ParticipantId,
        id: HandshakeId,
        now: Timestamp,
    ) -> Result<Option<Confirmation>, Error> {
        Ok(self.pair(who)?.usable(id, now)?.confirmation.clone())
    }

    /// Reserves the count a confirmation writes.
    pub fn claim(&mut self, claim: Claim, now: Timestamp) -> Result<Confirming, Error> {
        let Claimant { participant, handshake } = claim.claimant.clone();
        // First, because it may confirm a newer handshake, which supersedes this one.
        if self.confirmation(&participant, handshake, now)?.is_none()
            && let Some((claimant, confirmation)) = self.counter.judge(&claim)
        {
            self.confirm(&claimant, confirmation);
        }
        match self.confirmation(&participant, handshake, now)? {
            Some(confirmation) => Ok(Confirming::Already(confirmation)),
            None => Ok(Confirming::Claimed(self.counter.claim(claim, now))),
        }
    }

    /// Takes the outcome of a confirmation's write.
    pub fn settle(&mut self, lease: Lease, written: Written) -> Result<(), Fenced> {
        if let Some((claimant, confirmation)) = self.counter.settle(lease, written)? {
            self.confirm(&claimant, confirmation);
        }
        Ok(())
    }

    /// Gives the confirmations that nobody recorded yet to this recorder, and to no other after it. The same one is given the
    /// same again, so that it can ask anew when it did not hear the answer.
    pub fn record(&mut self, recorder: Uuid) -> Vec<Resumed> {
        let mut given = Vec::new();
        for (participant, pair) in &mut self.pairs {
            for (handshake, confirmation) in pair.record(recorder) {
                let claimant = Claimant { participant: participant.clone(), handshake };
                given.push(Resumed { claimant, confirmation });
            }
        }
        given
    }

    /// Begins an injection, if the handshake is confirmed and the tab speaks for the pair.
    pub fn begin_injection(&mut self, injection: &Injection, now: Timestamp) -> Result<Begun, Error> {
        if self.confirmation(&injection.participant, injection.handshake, now)?.is_none() {
            return Err(not_confirmed());
        }
        let pair = self.pair(&injection.participant)?;
        if injection.tab.as_ref().is_some_and(|(tab, epoch)| !pair.speaks(tab, *epoch)) {
            return Err(not_speaking());
        }
        let forgotten_at = self.counter.forgotten_at();
        Ok(self.ledger.begin(&injection.items, injection.owner, injection.hold_for, forgotten_at, now))
    }

    /// The transcript's ledger, for the steps of an injection.
    pub fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Whether nothing in it can matter any more, so that it may be forgotten.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        self.pairs.values().all(|pair| pair.is_spent(now))
            && self.counter.is_spent(now)
            && self.ledger.is_spent(now)
            && self.glimpse.as_ref().is_none_or(|(_, until)| now >= *until)
    }

    fn confirm(&mut self, claimant: &Claimant, confirmation: Confirmation) {
        let Some(pair) = self.pairs.get_mut(&claimant.participant) else { return };
        let Some(handshake) = pair.find(claimant.handshake) else { return };
        handshake.confirmation = Some(confirmation);
        pair.confirmed(claimant.handshake);
    }

    /// Lets go of what matters least: what is spent, else who cannot resume, since invented customers never can.
    fn make_room(&mut self, now: Timestamp) {
        self.pairs.retain(|_, pair| !pair.is_spent(now));
        if self.pairs.len() < MAX_PAIRS {
            return;
        }
        let least = self.pairs.iter().min_by_key(|(_, pair)| pair.worth());
        if let Some(least) = least.map(|(who, _)| who.clone()) {
            self.pairs.remove(&least);
        }
    }

    fn pair_or_new(&mut self, who: &ParticipantId, now: Timestamp) -> &mut PairState {
        if !self.pairs.contains_key(who) && self.pairs.len() >= MAX_PAIRS {
            self.make_room(now);
        }
        self.pairs.entry(who.clone()).or_default()
    }

    fn pair(&mut self, who: &ParticipantId) -> Result<&mut PairState, Error> {
        self.pairs.get_mut(who).ok_or_else(super::pair::not_found)
    }
}

/// Nothing is written for a customer who is not back.
pub fn not_confirmed() -> Error {
    Error::new(
        Reason::NotConfirmed,
        "the handshake is not confirmed; call ConfirmReattach after the customer was re-attached",
    )
}

/// Only the ACTIVE tab writes, and only while it knows that it is.
pub fn not_speaking() -> Error {
    Error::new(
        Reason::Superseded,
        "another tab is active; call ValidateSession with intent TAKE_OVER and use the tab_epoch it returns",
    )
}
