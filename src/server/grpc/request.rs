//! Requests, parsed once into types that cannot be wrong.

use std::collections::HashSet;

use jiff::Timestamp;

use super::fields::Fields;
use crate::domain::error::{Error, Reason};
use crate::domain::ids::{
    AttemptId, ClientMessageId, ConversationId, HandshakeId, MessageId, Pair, ParticipantId, ResumeKey, TabId,
};
use crate::domain::principal::Bound;
use crate::pb;
use crate::pb::validate_session_request::Intent as PbIntent;
use crate::service::inject::{Inject, Message};
use crate::service::validate::{Asked, Intent, Validate};

/// Longest text of a message or marker, in characters.
const MAX_TEXT: usize = 4_096;
/// Longest reason for a disconnect, in characters.
const MAX_DISCONNECT_REASON: usize = 256;
/// Most messages in one injection.
const MAX_MESSAGES: usize = 50;

pub(super) fn validate(request: &pb::ValidateSessionRequest) -> Result<Validate<Asked>, Error> {
    let mut fields = Fields::default();
    let session = asked(&mut fields, request);
    let tab = fields.optional_id("client_instance_id", &request.client_instance_id, TabId::parse, Reason::InvalidId);
    let attempt = fields.optional_id("attempt_id", &request.attempt_id, AttemptId::parse, Reason::InvalidUuid);
    let handshake = fields.optional_id("handshake_id", &request.handshake_id, HandshakeId::parse, Reason::InvalidUuid);
    fields.text("disconnect_reason", &request.disconnect_reason, MAX_DISCONNECT_REASON);
    let intent = intent(&mut fields, request, tab.as_ref());
    let dropped_at = request.disconnect_time.as_ref().map(time);
    let request =
        session.zip(intent).map(|(session, intent)| Validate { session, tab, attempt, handshake, intent, dropped_at });
    fields.finish(request)
}

/// The session, by whichever name it is called.
fn asked(fields: &mut Fields, request: &pb::ValidateSessionRequest) -> Option<Asked> {
    let pb::ValidateSessionRequest { message_id, resume_key, conversation_id, participant_id, .. } = request;
    if message_id.is_empty() {
        return session(fields, resume_key, conversation_id, participant_id).map(Asked::Bound);
    }
    if ![resume_key, conversation_id, participant_id].into_iter().all(String::is_empty) {
        let description = "names the session, and so do the others; send one of them";
        fields.refuse("message_id", Reason::AmbiguousSession, description);
        return None;
    }
    fields.id("message_id", message_id, MessageId::parse, Reason::InvalidId).map(Asked::Message)
}

fn intent(fields: &mut Fields, request: &pb::ValidateSessionRequest, tab: Option<&TabId>) -> Option<Intent> {
    let Ok(intent) = PbIntent::try_from(request.intent) else {
        fields.refuse("intent", Reason::InvalidEnum, "must be RESUME, HEARTBEAT or TAKE_OVER");
        return None;
    };
    match (intent, tab) {
        (PbIntent::Unspecified | PbIntent::Resume, _) => Some(Intent::Resume),
        (PbIntent::Heartbeat, _) => Some(Intent::Heartbeat),
        (PbIntent::TakeOver, Some(tab)) => Some(Intent::TakeOver(tab.clone())),
        (PbIntent::TakeOver, None) => {
            // A tab that is named wrongly was refused for that already.
            if request.client_instance_id.is_empty() {
                let description = "is required to take over: only a tab can become the ACTIVE one";
                fields.refuse("client_instance_id", Reason::MissingClientInstance, description);
            }
            None
        }
    }
}

pub(super) fn confirm(request: &pb::ConfirmReattachRequest) -> Result<(Pair, HandshakeId), Error> {
    let mut fields = Fields::default();
    let pair = pair(&mut fields, &request.conversation_id, &request.participant_id);
    let handshake = fields.id("handshake_id", &request.handshake_id, HandshakeId::parse, Reason::InvalidUuid);
    fields.finish(pair.zip(handshake))
}

pub(super) fn inject(request: &pb::InjectContextRequest) -> Result<Inject, Error> {
    let mut fields = Fields::default();
    let pair = pair(&mut fields, &request.conversation_id, &request.participant_id);
    let handshake = fields.id("handshake_id", &request.handshake_id, HandshakeId::parse, Reason::InvalidUuid);
    let tab = fields.optional_id("client_instance_id", &request.client_instance_id, TabId::parse, Reason::InvalidId);
    fields.text("marker", &request.marker, MAX_TEXT);
    let messages = messages(&mut fields, &request.messages);
    let request = pair.zip(handshake).map(|(pair, handshake)| Inject {
        pair,
        handshake,
        tab: tab.map(|tab| (tab, request.tab_epoch)),
        marker: Some(request.marker.clone()).filter(|marker| !marker.is_empty()),
        messages,
    });
    fields.finish(request)
}

fn messages(fields: &mut Fields, messages: &[pb::inject_context_request::Message]) -> Vec<Message> {
    if messages.len() > MAX_MESSAGES {
        fields.refuse(
            "messages",
            Reason::TooManyMessages,
            format!("must have at most {MAX_MESSAGES} messages; send the rest in further calls"),
        );
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut parsed = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let id_field = format!("messages[{index}].client_message_id");
        let text_field = format!("messages[{index}].text");
        let id = fields.id(&id_field, &message.client_message_id, ClientMessageId::parse, Reason::InvalidId);
        if message.text.is_empty() {
            fields.refuse(&text_field, Reason::TextEmpty, "must not be empty");
        }
        fields.text(&text_field, &message.text, MAX_TEXT);
        if !seen.insert(message.client_message_id.as_str()) && id.is_some() {
            fields.refuse(&id_field, Reason::DuplicateClientMessageId, "stands twice in this request");
        }
        if let Some(id) = id {
            parsed.push(Message { id, text: message.text.clone(), sent_at: message.sent_time.as_ref().map(time) });
        }
    }
    parsed
}

/// The session, by one of its names.
pub(super) fn session(fields: &mut Fields, key: &str, conversation: &str, participant: &str) -> Option<Bound> {
    if key.is_empty() {
        return pair(fields, conversation, participant).map(Bound::Pair);
    }
    if !conversation.is_empty() || !participant.is_empty() {
        // Which of them is meant is not known, and so neither what would have to be right.
        let description = "names the session, and so do the ids; send one of them";
        fields.refuse("resume_key", Reason::AmbiguousSession, description);
        return None;
    }
    fields.id("resume_key", key, ResumeKey::parse, Reason::InvalidId).map(Bound::Key)
}

pub(super) fn pair(fields: &mut Fields, conversation: &str, participant: &str) -> Option<Pair> {
    let conversation = fields.id("conversation_id", conversation, ConversationId::parse, Reason::InvalidId);
    let participant = fields.id("participant_id", participant, ParticipantId::parse, Reason::InvalidId);
    let (conversation, participant) = conversation.zip(participant)?;
    Some(Pair { conversation, participant })
}

/// A client's time. What no clock can show becomes the beginning of time, which nobody believes.
fn time(time: &prost_types::Timestamp) -> Timestamp {
    let in_range = (0..1_000_000_000).contains(&time.nanos);
    Timestamp::new(time.seconds, time.nanos).ok().filter(|_| in_range).unwrap_or(Timestamp::MIN)
}
