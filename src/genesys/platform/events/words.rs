//! The words of `v2.detail.events` and those of the REST API: two vocabularies, and not one in two spellings.
//!
//! What a word means is said once, by the REST API's. `docs/events.md` shows the same tables, and is held against them.

use crate::domain::legs::{Disconnect, Purpose};
use crate::genesys::platform::words;

/// How a leg ended: the word of events, and those of the REST API and of the topics that carry its bodies.
pub(super) const ENDINGS: &[(&str, &[&str])] = &[
    ("CLIENT", &["client"]),
    ("CONFERENCE_TRANSFER", &["transfer.conference"]),
    ("CONSULT_TRANSFER", &["transfer.consult"]),
    ("DND_ENDPOINT", &["endpoint.donotdisturb", "endpoint.dnd"]),
    ("DND_TRANSFER", &["transfer.donotdisturb", "transfer.dnd"]),
    ("ENDPOINT", &["endpoint"]),
    ("ERROR", &["error"]),
    ("FORWARD_TRANSFER", &["transfer.forward"]),
    ("INACTIVITY", &["inactivity"]),
    ("NOT_AVAILABLE_TRANSFER", &["transfer.notavailable"]),
    ("NO_ANSWER_TRANSFER", &["transfer.noanswer"]),
    ("OTHER", &["other"]),
    ("PEER", &["peer"]),
    ("SESSION_EXPIRED", &["session.expired"]),
    ("SPAM", &["spam"]),
    ("SYSTEM", &["system"]),
    ("TAKEOVER", &["takeover"]),
    ("TIMEOUT", &["timeout"]),
    ("TRANSFER", &["transfer"]),
    ("TRANSPORT_FAILURE", &["transport.failure"]),
    ("UNCALLABLE", &["uncallable"]),
    ("UNKNOWN", &[]),
];

/// Whose leg it is: the word in an event's name, and the purpose of the REST API.
pub(super) const LEGS: &[(&str, &str)] =
    &[("acd", "acd"), ("customer", "customer"), ("flow", "workflow"), ("user", "agent")];

/// What an event of a flow tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfFlow {
    /// A leg of this purpose, in the words of the REST API, begins or ends.
    Leg(&'static str),
    /// Nothing: it runs inside a queue's leg, which has events of its own.
    InQueue,
    /// It is not known whose leg it runs in.
    Unclear,
}

/// Every kind of flow.
pub(super) const FLOWS: &[(&str, OfFlow)] = &[
    ("BOT", OfFlow::Leg("botflow")),
    ("COMMONMODULE", OfFlow::Unclear),
    ("DIGITALBOT", OfFlow::Leg("botflow")),
    ("INBOUNDCALL", OfFlow::Unclear),
    ("INBOUNDCHAT", OfFlow::Unclear),
    ("INBOUNDEMAIL", OfFlow::Unclear),
    ("INBOUNDSHORTMESSAGE", OfFlow::Leg("workflow")),
    ("INQUEUECALL", OfFlow::InQueue),
    ("INQUEUEEMAIL", OfFlow::InQueue),
    ("INQUEUESHORTMESSAGE", OfFlow::InQueue),
    ("OUTBOUNDCALL", OfFlow::Unclear),
    ("SECURECALL", OfFlow::Unclear),
    ("SURVEYINVITE", OfFlow::Unclear),
    ("UNKNOWN", OfFlow::Unclear),
    ("VOICE", OfFlow::Unclear),
    ("VOICEMAIL", OfFlow::Unclear),
    ("VOICESURVEY", OfFlow::Unclear),
    ("WORKFLOW", OfFlow::Unclear),
    ("WORKITEM", OfFlow::Unclear),
];

/// How the search for an agent ended, and whether that is the whole truth. `ANSWERED` is not: an agent has a leg by then, which the
/// event does not name.
pub(super) const OUTCOMES: &[(&str, bool)] =
    &[("ABANDON", true), ("ANSWERED", false), ("FLOW_OUT", true), ("UNKNOWN", false)];

/// The medium of a web conversation.
pub(super) const MEDIUM: &str = "MESSAGE";

/// The kind of message of a web conversation.
pub(super) const MESSENGER: &str = "WEBMESSAGING";

/// The word of an event that says nothing.
pub(super) const UNSAID: &str = "UNKNOWN";

/// What a word of an event says of how a leg ended. The platform adds words.
pub(super) fn disconnect(word: &str) -> Disconnect {
    let rest = find(ENDINGS, word).and_then(|rest| rest.first());
    rest.map_or(Disconnect::Unknown, |rest| words::disconnect(rest))
}

/// What a leg is there for, by the word in an event's name.
pub(super) fn purpose(word: &str) -> Purpose {
    find(LEGS, word).map_or(Purpose::Other, words::purpose)
}

/// What a flow of this kind tells.
pub(super) fn flow(word: &str) -> OfFlow {
    find(FLOWS, word).unwrap_or(OfFlow::Unclear)
}

/// Whether an outcome of this name is the whole truth.
pub(super) fn outcome_tells_all(word: &str) -> bool {
    find(OUTCOMES, word).unwrap_or(false)
}

fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, means)| *means)
}

#[cfg(test)]
mod tests;
