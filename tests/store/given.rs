//! Names, requests and answers for the cases to use.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use session_resumption::domain::answer::{Answer, Source};
use session_resumption::domain::conversation::Injection;
use session_resumption::domain::decision::{Decision, Reason, Resume, Route, StartOver};
use session_resumption::domain::ids::{
    AttemptId, ClientMessageId, ConversationId, HandshakeId, Pair, ParticipantId, ResumeKey, TabId,
};
use session_resumption::domain::ledger::{EntryKey, Item, Slot};
use session_resumption::domain::pair::Join;
use session_resumption::domain::snapshot::{Participant, Reading, Role, Snapshot, Status};
use uuid::Uuid;

/// How long a lead lasts.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
/// How long an answer is replayed.
pub(crate) const TTL: Duration = Duration::from_mins(1);
/// How long a confirmation's write can be in flight.
pub(crate) const WRITE: Duration = Duration::from_mins(1);
/// How long an injection holds the transcript.
pub(crate) const HOLD: Duration = Duration::from_mins(1);

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

// === Names ===

/// One that no other call returned.
pub(crate) fn uuid() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

pub(crate) fn pair(conversation: &str, participant: &str) -> Pair {
    Pair {
        conversation: ConversationId::parse(conversation).unwrap(),
        participant: ParticipantId::parse(participant).unwrap(),
    }
}

/// The pair of the cases that need only one.
pub(crate) fn ana() -> Pair {
    pair("chat-1", "ana")
}

pub(crate) fn tab(name: &str) -> TabId {
    TabId::parse(name).unwrap()
}

pub(crate) fn key(name: &str) -> ResumeKey {
    ResumeKey::parse(name).unwrap()
}

// === Requests ===

/// A caller that is no tab and names no drop, such as a flow.
pub(crate) fn flow() -> Join {
    Join { tab: None, attempt: None, waited_on: None, new_id: HandshakeId(uuid()), owner: uuid(), lease_for: LEASE }
}

/// A tab that lost its connection for the n-th time.
pub(crate) fn drop_of(name: &str, nth: u128) -> Join {
    Join { tab: Some(tab(name)), attempt: Some(AttemptId(Uuid::from_u128(nth))), ..flow() }
}

pub(crate) fn message(pair: &Pair, name: &str, text: u8) -> Item {
    let slot = Slot::Message(ClientMessageId::parse(name).unwrap());
    Item { key: EntryKey { participant: pair.participant.clone(), slot }, fingerprint: [text; 32] }
}

pub(crate) fn marker(pair: &Pair, handshake: HandshakeId) -> Item {
    let slot = Slot::Marker(handshake);
    Item { key: EntryKey { participant: pair.participant.clone(), slot }, fingerprint: [0; 32] }
}

pub(crate) fn injection(pair: &Pair, handshake: HandshakeId, items: &[Item]) -> Injection {
    Injection {
        handshake,
        participant: pair.participant.clone(),
        tab: None,
        items: items.to_vec(),
        owner: uuid(),
        hold_for: HOLD,
    }
}

// === Answers ===

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn resumable() -> Answer {
    let resume = Resume {
        reason: Reason::WithinWindow,
        route: Route::ReattachAgent,
        status: "DISCONNECTED".to_owned(),
        agent_id: Some("agent-7".to_owned()),
        queue_id: Some("queue-1".to_owned()),
        target_queue_id: None,
        transfer_reason: None,
        until: Some(at("2026-03-01T09:05:00Z")),
    };
    Answer {
        decision: Decision::Resumable(resume),
        as_of: at("2026-03-01T09:00:00Z"),
        source: Source::Mirror,
        undelivered: vec!["unseen".to_owned()],
    }
}

pub(crate) fn start_over(reason: Reason) -> Answer {
    let status = (reason != Reason::SessionNotFound).then(|| "TERMINATED".to_owned());
    let decision = Decision::NewRoutingRequired(StartOver { reason, status });
    Answer::live(decision, at("2026-03-01T09:00:00Z"))
}

/// A reading with every field filled, in letters that are easily spoiled on the way to a store and back.
pub(crate) fn reading(pair: &Pair, agent: &str) -> Reading {
    let leg = |id: &str, role| Participant {
        id: id.to_owned(),
        role,
        active: role == Role::Agent,
        updated: Some(at("2026-03-01T08:59:58.125Z")),
        user_id: Some(format!("user of {id}")),
        agent_id: None,
        queue_id: Some("queue-1".to_owned()),
    };
    let legs = vec![
        leg(pair.participant.as_str(), Role::Customer),
        leg(agent, Role::Agent),
        leg("bot", Role::System),
        leg("supervisor", Role::Other),
    ];
    let attribute = ("Kundenwunsch \"ü\\\u{2028}'".to_owned(), "{\"a\": [1, null]}\r\n\t".to_owned());
    let snapshot = Snapshot {
        conversation: pair.conversation.clone(),
        status: Status::Transfer,
        status_text: "TRANSFER".to_owned(),
        updated: Some(at("2026-03-01T08:59:59.999Z")),
        participants: legs,
        queue_id: Some("queue-1".to_owned()),
        target_queue_id: Some("queue-2".to_owned()),
        transfer_reason: Some(String::new()),
        attributes: BTreeMap::from([attribute, (String::new(), String::new())]),
        contact_id: Some("contact".to_owned()),
    };
    Reading {
        found: Some(snapshot),
        date: Some(at("2026-03-01T09:00:00Z")),
        mirrored: Some(at("2026-03-01T08:59:00Z")),
        undelivered: vec!["unseen".to_owned()],
    }
}
