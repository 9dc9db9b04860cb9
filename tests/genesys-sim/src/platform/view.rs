//! A conversation as the read calls show it, in the platform's two forms.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    clock::later,
    platform::model::{Leg, LegState, PlatformConversation, PlatformMessage, Purpose, Transfer},
};

pub(crate) const PROVIDER: &str = "PureCloud Messaging";

/// The one division that everything is in.
const DIVISION: &str = "5f8a1c3e-0000-4000-8000-000000000001";

/// `MessageConversation`: what `GET /conversations/messages/{id}` shows.
pub(crate) fn message_conversation(conversation: &PlatformConversation) -> Value {
    compact(json!({
        "id": conversation.id,
        "participants": participants(conversation, media_participant),
        "otherMediaUris": [],
        "recentTransfers": transfers(conversation),
        "inactivityTimeout": inactivity_timeout(conversation),
        "divisions": divisions(conversation),
        "selfUri": format!("/api/v2/conversations/messages/{}", conversation.id),
    }))
}

/// `Conversation`: what `GET /conversations/{id}` shows.
pub(crate) fn conversation(conversation: &PlatformConversation) -> Value {
    compact(json!({
        "id": conversation.id,
        "startTime": time(conversation.started()),
        "endTime": conversation.ended().map(time),
        "participants": participants(conversation, participant),
        "recordingState": "NONE",
        "recentTransfers": transfers(conversation),
        "inactivityTimeout": inactivity_timeout(conversation),
        "divisions": divisions(conversation),
        "selfUri": format!("/api/v2/conversations/{}", conversation.id),
    }))
}

/// `MessageData`; the text is nowhere else.
pub(crate) fn message_data(conversation: &PlatformConversation, message: &PlatformMessage, normalized: bool) -> Value {
    let outbound = message.purpose.is_outbound();
    let (guest, deployment) = (&conversation.external_contact_id, &conversation.deployment_id);
    let (from, to) = if outbound { (deployment, guest) } else { (guest, deployment) };
    compact(json!({
        "id": message.id,
        "timestamp": time(message.time),
        "fromAddress": from,
        "toAddress": to,
        "direction": direction(outbound),
        "messengerType": "webmessaging",
        "status": message_status(outbound),
        "textBody": (!normalized).then_some(&message.text),
        "normalizedMessage": {
            "id": message.id,
            "type": "Text",
            "text": message.text,
            "direction": if outbound { "Outbound" } else { "Inbound" },
        },
        "conversationId": conversation.id,
        "selfUri": format!("/api/v2/conversations/messages/{}/messages/{}", conversation.id, message.id),
    }))
}

/// Leaves out what is not there: the platform prints no nulls.
pub(crate) fn compact(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

/// RFC 3339 with milliseconds and `Z`.
pub(crate) fn time(instant: Timestamp) -> String {
    format!("{instant:.3}")
}

pub(crate) fn message_status(outbound: bool) -> &'static str {
    if outbound { "sent" } else { "received" }
}

pub(crate) fn inactivity_timeout(conversation: &PlatformConversation) -> Option<String> {
    let timeout = conversation.inactivity_timeout.filter(|_| conversation.is_live())?;
    Some(time(later(conversation.last_activity(), timeout)))
}

pub(crate) fn divisions(conversation: &PlatformConversation) -> Value {
    let uri = format!("/api/v2/conversations/{}", conversation.id);
    json!([{
        "division": {"id": DIVISION, "selfUri": format!("/api/v2/authorization/divisions/{DIVISION}")},
        "entities": [{"id": conversation.id, "selfUri": uri}],
    }])
}

pub(crate) fn participants(
    conversation: &PlatformConversation,
    view: fn(&PlatformConversation, &Leg) -> Value,
) -> Vec<Value> {
    conversation.legs.iter().map(|leg| view(conversation, leg)).collect()
}

pub(crate) fn leg_direction(leg: &Leg) -> &'static str {
    direction(leg.purpose == Purpose::Api)
}

/// The messages that came by this leg.
pub(crate) fn said_by<'a>(
    conversation: &'a PlatformConversation,
    leg: &'a Leg,
) -> impl Iterator<Item = &'a PlatformMessage> {
    conversation.transcript.iter().filter(|message| message.participant_id == leg.id)
}

/// `MessageMediaParticipant`: participant and communication in one.
fn media_participant(conversation: &PlatformConversation, leg: &Leg) -> Value {
    compact(json!({
        "id": leg.id,
        "name": leg.name(),
        "purpose": leg.purpose,
        "state": leg.state,
        "direction": leg_direction(leg),
        "startTime": time(leg.started),
        "startAlertingTime": alerting_since(leg),
        "connectedTime": leg.connected.map(time),
        "endTime": leg.ended.map(|(at, _)| time(at)),
        "disconnectType": leg.ended.map(|(_, why)| why.as_str()),
        "parkTime": leg.parked.map(|(since, _)| time(since)),
        "resumeTime": leg.parked.map(|(_, until)| time(until)),
        "held": false,
        "wrapupRequired": leg.needs_wrapup(),
        "user": leg.user_id.as_deref().map(|id| entity("users", id)),
        "queue": leg.queue_id.as_deref().map(|id| entity("routing/queues", id)),
        "externalContact": external_contact(conversation, leg).map(|id| entity("externalcontacts/contacts", id)),
        "attributes": leg.attributes,
        "provider": PROVIDER,
        "type": "webmessaging",
        "authenticated": authenticated(leg),
        "messages": messages(conversation, leg),
    }))
}

/// `Participant` with its one `Message`, which is the communication.
fn participant(conversation: &PlatformConversation, leg: &Leg) -> Value {
    compact(json!({
        "id": leg.id,
        "name": leg.name(),
        "purpose": leg.purpose,
        "startTime": time(leg.started),
        "connectedTime": leg.connected.map(time),
        "endTime": leg.ended.map(|(at, _)| time(at)),
        "userId": leg.user_id,
        "userUri": leg.user_id.as_deref().map(|id| format!("/api/v2/users/{id}")),
        "queueId": leg.queue_id,
        "queueName": leg.queue_id,
        "externalContactId": external_contact(conversation, leg),
        "wrapupRequired": leg.needs_wrapup(),
        "attributes": leg.attributes,
        "messages": [communication(conversation, leg)],
    }))
}

fn communication(conversation: &PlatformConversation, leg: &Leg) -> Value {
    let initial = if alerting_since(leg).is_some() { LegState::Alerting } else { LegState::Connected };
    let customer = conversation.legs.iter().rfind(|leg| leg.purpose == Purpose::Customer);
    let peer = customer.filter(|customer| customer.id != leg.id);
    compact(json!({
        "id": leg.communication_id,
        "state": leg.state,
        "initialState": initial,
        "direction": leg_direction(leg),
        "held": false,
        "startAlertingTime": alerting_since(leg),
        "connectedTime": leg.connected.map(time),
        "disconnectedTime": leg.ended.map(|(at, _)| time(at)),
        "disconnectType": leg.ended.map(|(_, why)| why.as_str()),
        "parkTime": leg.parked.map(|(since, _)| time(since)),
        "resumeTime": leg.parked.map(|(_, until)| time(until)),
        "provider": PROVIDER,
        "type": "webmessaging",
        "authenticated": authenticated(leg),
        "peerId": peer.map(|customer| &customer.communication_id),
        "messages": messages(conversation, leg),
    }))
}

fn messages(conversation: &PlatformConversation, leg: &Leg) -> Vec<Value> {
    let details = |message: &PlatformMessage| {
        json!({
            "messageId": message.id,
            "messageURI": format!("/api/v2/conversations/messages/{}/messages/{}", conversation.id, message.id),
            "messageStatus": message_status(message.purpose.is_outbound()),
            "messageTime": time(message.time),
        })
    };
    said_by(conversation, leg).map(details).collect()
}

fn transfers(conversation: &PlatformConversation) -> Vec<Value> {
    let view = |transfer: &Transfer| {
        json!({
            "id": transfer.id,
            "state": if transfer.complete { "Complete" } else { "Active" },
            "dateIssued": time(transfer.issued),
            "initiator": compact(json!({"userId": transfer.initiator_user_id})),
            "destination": {"address": transfer.queue_id},
            "transferType": "Unattended",
        })
    };
    // The platform shows the latest twenty.
    let skipped = conversation.transfers.len().saturating_sub(20);
    conversation.transfers.iter().skip(skipped).map(view).collect()
}

/// A leg that was or is rung at started with the ringing.
fn alerting_since(leg: &Leg) -> Option<String> {
    (leg.connected != Some(leg.started)).then(|| time(leg.started))
}

fn external_contact<'a>(conversation: &'a PlatformConversation, leg: &Leg) -> Option<&'a str> {
    (leg.purpose == Purpose::Customer).then_some(&conversation.external_contact_id)
}

fn authenticated(leg: &Leg) -> Option<bool> {
    (leg.purpose == Purpose::Customer).then_some(false)
}

fn entity(collection: &str, id: &str) -> Value {
    json!({"id": id, "name": id, "selfUri": format!("/api/v2/{collection}/{id}")})
}

fn direction(outbound: bool) -> &'static str {
    if outbound { "outbound" } else { "inbound" }
}
