//! Who and what the model speaks of, and how long things take.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use session_resumption::domain::ids::{AttemptId, ClientMessageId, HandshakeId, ParticipantId, TabId};
use session_resumption::domain::ledger::{EntryKey, Item, Slot};
use uuid::Uuid;

/// Seconds since the world began.
pub(crate) type Second = u64;

/// How long one call to Genesys may take; all else follows from it, as in the service.
pub(crate) const CALL_TIMEOUT: Second = 3;
/// From its reservation on, a write takes effect within this time or never.
pub(crate) const WRITE_FOR: Second = 2 * CALL_TIMEOUT;
/// How long a lead lasts, and how long an injection holds the transcript.
pub(crate) const LEASE_FOR: Second = 3 * CALL_TIMEOUT + 1;
/// How long an answer is replayed.
pub(crate) const REPLAY_FOR: Second = 60;
/// How long a heartbeat's reading serves a RESUME.
pub(crate) const GLIMPSE_FOR: Second = 5;

pub(crate) const AGENT: &str = "ada";
pub(crate) const TEXT: &str = "hello";

pub(crate) fn at(second: Second) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second.try_into().unwrap())
}

pub(crate) fn seconds(count: Second) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn customer() -> ParticipantId {
    ParticipantId::parse("customer").unwrap()
}

pub(crate) fn tab(number: usize) -> TabId {
    TabId::parse(&format!("tab{number}")).unwrap()
}

pub(crate) fn attempt(client: usize, number: usize) -> AttemptId {
    AttemptId(Uuid::from_u128((client * 100 + number) as u128))
}

/// The handshakes by the order in which they are opened.
pub(crate) fn handshake(number: usize) -> HandshakeId {
    HandshakeId(Uuid::from_u128(number as u128))
}

pub(crate) fn name_of(id: HandshakeId) -> String {
    format!("h{}", id.0.as_u128())
}

/// The messages of every injection, in order. They all say the same, which is the hardest case for whoever looks for one.
pub(crate) fn message(number: usize) -> Item {
    let slot = Slot::Message(ClientMessageId::parse(&format!("m{number}")).unwrap());
    Item { key: EntryKey { participant: customer(), slot }, fingerprint: [1; 32] }
}
