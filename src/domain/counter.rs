//! How often a conversation was resumed: each confirmed handshake counts exactly once, whatever is lost on the way.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::handshake::{Confirmation, USABLE_FOR};
use super::ids::{HandshakeId, ParticipantId};
use super::lease::{Fenced, Grant, Lease};
use super::time::{after, until};

/// The largest count the API can show.
pub const MAX_COUNT: u32 = i32::MAX as u32;

/// Whose count it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claimant {
    /// The customer.
    pub participant: ParticipantId,
    /// The handshake being confirmed.
    pub handshake: HandshakeId,
}

/// What a writer knows when it asks for a count.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose count it is to be.
    pub claimant: Claimant,
    /// The count in the conversation's metadata, as just read.
    pub metadata: u32,
    /// When the metadata says that this count was written.
    pub counted_at: Option<Timestamp>,
    /// The store's time before that read.
    pub read_at: Timestamp,
    /// The agent the customer is attached to.
    pub agent_id: Option<String>,
    /// The instant upstream of that read; none if Genesys did not tell the time.
    pub as_of: Option<Timestamp>,
    /// The writer's nonce.
    pub owner: Uuid,
    /// How long a write can be in flight.
    pub write_for: Duration,
}

/// What a writer may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Write this count and time, then settle.
    Write {
        /// To be shown when settling.
        lease: Lease,
        /// What to write.
        confirmation: Confirmation,
        /// Whether the metadata shows that the store lost what it knew of the conversation.
        forgotten: bool,
    },
    /// Another write may be in flight for this long.
    Busy(Duration),
    /// The metadata was read before an earlier write's outcome could be judged; read it again.
    ReadAgain,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// Genesys took it.
    Yes,
    /// Genesys took it, and an earlier try of the same write may still be taken.
    YesInDoubt,
    /// Genesys certainly did not take it.
    No,
    /// Nobody knows.
    Unknown,
}

/// A reserved count whose write is not settled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Open {
    claimant: Claimant,
    confirmation: Confirmation,
    grant: Grant,
    in_flight: bool,
    /// Until when an earlier write of it may still be taken, although nobody was told so.
    in_doubt_until: Option<Timestamp>,
}

/// The count of one conversation. At most one reservation is unsettled at a time, so that there is one write in flight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Counter {
    written: u32,
    open: Option<Open>,
    /// Until when a late write of the last count could overwrite a newer one.
    quiet_until: Option<Timestamp>,
    /// Since when it is known that something about the conversation was lost.
    forgotten_at: Option<Timestamp>,
    /// Until when the last count has to be remembered, counted from its reservation.
    kept_until: Option<Timestamp>,
    fence: u64,
}

impl Counter {
    /// Judges another handshake's lost write by metadata that was read after it was taken or never will be. `Some` when it
    /// was taken: that handshake is confirmed.
    pub fn judge(&mut self, claim: &Claim) -> Option<(Claimant, Confirmation)> {
        let lost = |open: &mut Open| open.claimant != claim.claimant && claim.read_at >= open.grant.until;
        let open = self.open.take_if(lost)?;
        if claim.metadata < open.confirmation.count {
            return None;
        }
        self.written = self.written.max(open.confirmation.count);
        Some((open.claimant, open.confirmation))
    }

    /// Reserves the next count together with its time, or finds the one already reserved for the same handshake.
    pub fn claim(&mut self, claim: Claim, now: Timestamp) -> Claimed {
        if let Some(open) = &self.open {
            let same = open.claimant == claim.claimant;
            if open.grant.holds(now) && (open.in_flight || !same) {
                return Claimed::Busy(open.grant.left(now));
            }
            if !same {
                return Claimed::ReadAgain;
            }
            // The same values again: whichever write Genesys takes last, it says the same. The one before was reported as
            // unknown, or not reported at all.
            let (confirmation, in_doubt_until) = (open.confirmation.clone(), Some(open.grant.until));
            return self.reserve(claim, confirmation, in_doubt_until, false, now);
        }
        if let Some(quiet_until) = self.quiet_until.filter(|quiet_until| now < *quiet_until) {
            return Claimed::Busy(until(now, quiet_until));
        }
        let forgotten = self.misses(&claim, now);
        if forgotten && self.forgotten_at.is_none() {
            self.forgotten_at = Some(now);
            // A write that was under way when it was lost may still land: late, it would put an old count over a newer one.
            self.quiet_until = Some(after(now, claim.write_for));
            return Claimed::Busy(claim.write_for);
        }
        let count = claim.metadata.max(self.written).saturating_add(1).min(MAX_COUNT);
        let (agent_id, as_of) = (claim.agent_id.clone(), claim.as_of);
        let confirmation = Confirmation { count, time: to_milliseconds(now), agent_id, as_of };
        self.reserve(claim, confirmation, None, forgotten, now)
    }

    /// Whether the metadata shows a count that would be remembered here if nothing had been lost. Nobody else writes it, and
    /// its time comes from the same clock.
    fn misses(&self, claim: &Claim, now: Timestamp) -> bool {
        claim.metadata > self.written && claim.counted_at.is_some_and(|counted_at| now < after(counted_at, USABLE_FOR))
    }

    /// Since when it is known that something about the conversation was lost.
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        self.forgotten_at
    }

    /// Whether no count has to be remembered any more.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        self.kept_until.is_none_or(|kept_until| now >= kept_until)
    }

    /// Takes a write's outcome. `Some` when the handshake is confirmed by it.
    pub fn settle(&mut self, lease: Lease, written: Written) -> Result<Option<(Claimant, Confirmation)>, Fenced> {
        let open = self.open.as_mut().filter(|open| open.grant.lease == lease).ok_or(Fenced)?;
        match written {
            Written::Yes | Written::YesInDoubt => {
                self.written = self.written.max(open.confirmation.count);
                let in_doubt = written == Written::YesInDoubt;
                self.quiet_until = if in_doubt { Some(open.grant.until) } else { open.in_doubt_until };
                Ok(self.open.take().map(|open| (open.claimant, open.confirmation)))
            }
            Written::No if open.in_doubt_until.is_none() => {
                // The count is given back: it grows by one per confirmed handshake, not per try.
                self.open = None;
                Ok(None)
            }
            // That this write was refused says nothing of the one before it.
            Written::No | Written::Unknown => {
                open.in_flight = false;
                Ok(None)
            }
        }
    }

    fn reserve(
        &mut self,
        claim: Claim,
        confirmation: Confirmation,
        in_doubt_until: Option<Timestamp>,
        forgotten: bool,
        now: Timestamp,
    ) -> Claimed {
        self.kept_until = Some(after(now, USABLE_FOR));
        self.fence += 1;
        let lease = Lease { owner: claim.owner, fence: self.fence };
        let grant = Grant { lease, until: after(now, claim.write_for) };
        let claimant = claim.claimant;
        self.open = Some(Open { claimant, confirmation: confirmation.clone(), grant, in_flight: true, in_doubt_until });
        Claimed::Write { lease, confirmation, forgotten }
    }
}

/// The precision the metadata has, so that what is answered and what is written are the same instant.
fn to_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
