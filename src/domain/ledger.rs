//! What was, or may have been, written to a conversation's transcript: each message once, and never twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::handshake::USABLE_FOR;
use super::ids::{ClientMessageId, HandshakeId, ParticipantId};
use super::lease::{Fenced, Grant, Lease};
use super::time::after;

/// Messages kept per conversation. Forgetting one would allow it to be sent twice, so a full ledger refuses instead.
const MAX_ENTRIES: usize = 2_000;

/// The last id of a transcript that is empty.
pub const BEGINNING: &str = "";

/// A digest of author, type and text: the ledger keeps no text.
pub type Fingerprint = [u8; 32];

/// The name of a written thing, within its pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// The marker of one handshake.
    Marker(HandshakeId),
    /// A message named by the caller.
    Message(ClientMessageId),
}

/// The name of a written thing, within its conversation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey {
    /// The customer it belongs to.
    pub participant: ParticipantId,
    /// Its name within the pair.
    pub slot: Slot,
}

/// Something a caller wants written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    /// Its name.
    pub key: EntryKey,
    /// What it says.
    pub fingerprint: Fingerprint,
}

/// A message that was announced, and whose sending was never reported.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unsettled {
    /// Its name.
    pub key: EntryKey,
    /// What it says.
    pub fingerprint: Fingerprint,
    /// When it was announced, by the store's clock.
    pub at: Timestamp,
    /// The transcript's last id before it, [`BEGINNING`] if it was empty; none if nobody knew.
    pub after: Option<String>,
}

/// What a writer may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// All is written already, under these message ids, in the order asked.
    AllWritten(Vec<String>),
    /// The caller holds the conversation's transcript.
    Holding(Held),
    /// Another injection holds it for this long.
    Busy(Duration),
    /// The item at this index came before with other content.
    Reused(usize),
    /// The ledger keeps all it may.
    Full,
}

/// The right to write to the transcript, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held {
    /// To be shown with each step.
    pub lease: Lease,
    /// The message id of each item that is written already.
    pub written: Vec<Option<String>>,
    /// What may have been sent before, oldest first.
    pub unsettled: Vec<Unsettled>,
    /// Ids of the transcript that are accounted for.
    pub claimed: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    /// Announced; sent or not.
    Announced {
        at: Timestamp,
        after: Option<String>,
    },
    Written {
        message_id: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Entry {
    fingerprint: Fingerprint,
    state: State,
}

/// The ledger of one conversation. One injection at a time holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    entries: BTreeMap<EntryKey, Entry>,
    grant: Option<Grant>,
    fence: u64,
    /// Until when a repeat has to be recognised, counted from the last message.
    kept_until: Option<Timestamp>,
}

impl Ledger {
    /// Begins an injection. If something about the conversation was lost, a message that is not known may have been sent
    /// before that: it counts as announced then. The marker cannot have been, for its handshake is known.
    pub fn begin(
        &mut self,
        items: &[Item],
        owner: Uuid,
        hold_for: Duration,
        forgotten_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Begun {
        let known = |item: &Item| self.entries.get(&item.key);
        let differs = |item: &Item| known(item).is_some_and(|entry| entry.fingerprint != item.fingerprint);
        if let Some(index) = items.iter().position(differs) {
            return Begun::Reused(index);
        }
        let written: Vec<Option<String>> = items.iter().map(|item| known(item)?.state.message_id()).collect();
        if let Some(all) = written.iter().cloned().collect() {
            return Begun::AllWritten(all);
        }
        if let Some(grant) = self.grant.filter(|grant| grant.holds(now)) {
            return Begun::Busy(grant.left(now));
        }
        let new = items.iter().filter(|item| known(item).is_none()).count();
        if self.entries.len() + new > MAX_ENTRIES {
            return Begun::Full;
        }
        self.fence += 1;
        let lease = Lease { owner, fence: self.fence };
        self.grant = Some(Grant { lease, until: after(now, hold_for) });
        if let Some(at) = forgotten_at {
            self.doubt(items, at, now);
        }
        Begun::Holding(Held { lease, written, unsettled: self.unsettled(), claimed: self.claimed() })
    }

    /// Announces a message before it is sent, and renews the hold. From here until it is settled, nobody knows whether it
    /// was sent.
    pub fn announce(
        &mut self,
        lease: Lease,
        item: Item,
        last_id: Option<String>,
        hold_for: Duration,
        now: Timestamp,
    ) -> Result<(), Fenced> {
        let grant = self.held_mut(lease)?;
        if !grant.holds(now) {
            return Err(Fenced);
        }
        grant.until = after(now, hold_for);
        if self.entries.get(&item.key).is_some_and(|entry| entry.state.message_id().is_some()) {
            // Whoever announces what is written knows less than the ledger.
            return Err(Fenced);
        }
        self.kept_until = Some(after(now, USABLE_FOR));
        let state = State::Announced { at: now, after: last_id };
        self.entries.insert(item.key, Entry { fingerprint: item.fingerprint, state });
        Ok(())
    }

    /// Records that a message stands in the transcript.
    pub fn written(&mut self, lease: Lease, key: &EntryKey, message_id: String) -> Result<(), Fenced> {
        self.held_mut(lease)?;
        if let Some(entry) = self.entries.get_mut(key) {
            entry.state = State::Written { message_id };
        }
        Ok(())
    }

    /// Records that an announced message was certainly not sent.
    pub fn not_sent(&mut self, lease: Lease, key: &EntryKey) -> Result<(), Fenced> {
        self.held_mut(lease)?;
        let announced = |entry: &Entry| matches!(entry.state, State::Announced { .. });
        if self.entries.get(key).is_some_and(announced) {
            self.entries.remove(key);
        }
        Ok(())
    }

    fn doubt(&mut self, items: &[Item], at: Timestamp, now: Timestamp) {
        self.kept_until = Some(after(now, USABLE_FOR));
        for item in items.iter().filter(|item| matches!(item.key.slot, Slot::Message(_))) {
            let state = State::Announced { at, after: None };
            self.entries.entry(item.key.clone()).or_insert(Entry { fingerprint: item.fingerprint, state });
        }
    }

    /// Whether no repeat of a message has to be recognised any more.
    pub fn is_spent(&self, now: Timestamp) -> bool {
        self.kept_until.is_none_or(|kept_until| now >= kept_until)
    }

    /// Ends an injection. What is unsettled stays so.
    pub fn end(&mut self, lease: Lease) {
        if self.held_mut(lease).is_ok() {
            self.grant = None;
        }
    }

    fn held_mut(&mut self, lease: Lease) -> Result<&mut Grant, Fenced> {
        self.grant.as_mut().filter(|grant| grant.lease == lease).ok_or(Fenced)
    }

    fn unsettled(&self) -> Vec<Unsettled> {
        let mut unsettled: Vec<Unsettled> = self
            .entries
            .iter()
            .filter_map(|(key, entry)| match &entry.state {
                State::Announced { at, after } => {
                    Some(Unsettled { key: key.clone(), fingerprint: entry.fingerprint, at: *at, after: after.clone() })
                }
                State::Written { .. } => None,
            })
            .collect();
        unsettled.sort_by_key(|entry| entry.at);
        unsettled
    }

    fn claimed(&self) -> BTreeSet<String> {
        self.entries.values().filter_map(|entry| entry.state.message_id()).collect()
    }
}

impl State {
    fn message_id(&self) -> Option<String> {
        match self {
            Self::Written { message_id } => Some(message_id.clone()),
            Self::Announced { .. } => None,
        }
    }
}
