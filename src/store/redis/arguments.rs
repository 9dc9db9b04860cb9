//! What a step is told, in the spelling that `lua/steps.lua` reads.

use std::fmt::Display;
use std::time::Duration;

use jiff::Timestamp;

use super::hex;
use crate::domain::ids::{AttemptId, HandshakeId, ParticipantId, TabId};
use crate::domain::lease::Lease;
use crate::domain::ledger::{EntryKey, Item, Slot};

/// A longer span is as good as endless, and a Lua number still holds its end.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// The name of a step and its arguments, in order.
#[derive(Debug)]
pub(super) struct Arguments {
    step: &'static str,
    texts: Vec<String>,
}

impl Arguments {
    pub(super) fn of(step: &'static str) -> Self {
        Self { step, texts: Vec::new() }
    }

    pub(super) fn step(&self) -> &'static str {
        self.step
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }

    pub(super) fn text(mut self, text: &(impl Display + ?Sized)) -> Self {
        self.texts.push(text.to_string());
        self
    }

    /// Absent is told from empty.
    pub(super) fn maybe(self, text: Option<&(impl Display + ?Sized)>) -> Self {
        self.text(&text.map(|text| format!("+{text}")).unwrap_or_default())
    }

    pub(super) fn flag(self, flag: bool) -> Self {
        self.text(if flag { "yes" } else { "no" })
    }

    pub(super) fn span(self, span: Duration) -> Self {
        self.text(&span.min(LONGEST).as_micros())
    }

    pub(super) fn instant(self, instant: Timestamp) -> Self {
        self.text(&instant.as_microsecond())
    }

    pub(super) fn who(self, who: &ParticipantId) -> Self {
        self.text(who)
    }

    pub(super) fn handshake(self, id: HandshakeId) -> Self {
        self.text(&id)
    }

    pub(super) fn tab(self, tab: Option<&TabId>) -> Self {
        self.maybe(tab)
    }

    pub(super) fn attempt(self, attempt: Option<AttemptId>) -> Self {
        self.maybe(attempt.as_ref())
    }

    pub(super) fn lease(self, lease: Lease) -> Self {
        self.text(&lease.owner).text(&lease.fence)
    }

    pub(super) fn entry(self, key: &EntryKey) -> Self {
        self.text(&field(key))
    }

    pub(super) fn item(self, item: &Item) -> Self {
        self.entry(&item.key).text(&hex::encode(&item.fingerprint))
    }
}

/// The ledger's name of an entry. Ids hold no blanks; `told::entry_key` reads it back.
fn field(key: &EntryKey) -> String {
    match &key.slot {
        Slot::Marker(handshake) => format!("{} marker {handshake}", key.participant),
        Slot::Message(message) => format!("{} message {message}", key.participant),
    }
}
