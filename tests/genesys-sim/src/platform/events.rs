//! What the platform's subscribers are told when a conversation has changed.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    clock::since,
    feed::Feed,
    platform::{
        model::{Disconnect, Leg, PlatformConversation, PlatformMessage, Purpose},
        view::{self, compact},
    },
};

/// Compares a conversation before and after a change and publishes the difference.
pub(crate) fn publish(feed: &mut Feed, before: &PlatformConversation, after: &PlatformConversation, now: Timestamp) {
    let mut changed = false;
    for leg in &after.legs {
        let old = before.leg(&leg.id);
        changed |= old != Some(leg);
        if old.is_none() {
            detail(feed, after, leg, "start", start, now);
        }
        if leg.ended.is_some() && old.is_none_or(Leg::is_live) {
            detail(feed, after, leg, "end", end, now);
        }
        if old.is_some_and(|old| old.attributes != leg.attributes) {
            let topic = format!("v2.detail.events.conversation.{}.attributes", after.id);
            feed.publish(topic, attributes(after, leg, now), now);
        }
    }
    let said = &after.transcript[before.transcript.len().min(after.transcript.len())..];
    for message in said.iter().filter(|message| after.away && message.purpose.is_outbound()) {
        let topic = format!("v2.webmessaging.deployments.{}.undelivered.messages", after.deployment_id);
        feed.publish(topic, undelivered(after, message), now);
    }
    if changed || !said.is_empty() {
        let mut queues: Vec<_> = after.legs.iter().filter_map(|leg| leg.queue_id.as_deref()).collect();
        queues.sort_unstable();
        queues.dedup();
        for queue in queues {
            feed.publish(format!("v2.routing.queues.{queue}.conversations.messages"), queue_event(after), now);
        }
    }
}

fn detail(
    feed: &mut Feed,
    conversation: &PlatformConversation,
    leg: &Leg,
    edge: &str,
    more: fn(&PlatformConversation, &Leg) -> Value,
    now: Timestamp,
) {
    let kind = match leg.purpose {
        Purpose::Customer => "customer",
        Purpose::Acd => "acd",
        Purpose::Agent => "user",
        Purpose::Workflow | Purpose::Botflow => "flow",
        // Nothing is told of these.
        Purpose::Api => return,
    };
    let mut body = json!({
        "eventTime": now.as_millisecond(),
        "conversationId": conversation.id,
        "participantId": leg.id,
        "sessionId": leg.communication_id,
        "mediaType": "MESSAGE",
        "messageType": "WEBMESSAGING",
        "provider": view::PROVIDER,
        "direction": "INBOUND",
        "conversationExternalContactIds": [conversation.external_contact_id],
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more(conversation, leg)) {
        body.extend(more);
    }
    feed.publish(format!("v2.detail.events.conversation.{}.{kind}.{edge}", conversation.id), body, now);
}

fn start(conversation: &PlatformConversation, leg: &Leg) -> Value {
    compact(match leg.purpose {
        Purpose::Customer => json!({"externalContactId": conversation.external_contact_id}),
        Purpose::Acd => json!({"queueId": leg.queue_id}),
        Purpose::Agent => json!({"queueId": leg.queue_id, "userId": leg.user_id}),
        Purpose::Workflow => json!({"flowType": "INBOUNDSHORTMESSAGE"}),
        Purpose::Botflow => json!({"flowType": "DIGITALBOT"}),
        Purpose::Api => json!({}),
    })
}

fn end(conversation: &PlatformConversation, leg: &Leg) -> Value {
    let Some((ended, why)) = leg.ended else { return json!({}) };
    let connected = leg.connected.map(|connected| millis(connected, ended));
    let mut body = start(conversation, leg);
    let more = compact(match leg.purpose {
        Purpose::Customer => json!({"interactingDurationMs": connected}),
        Purpose::Acd => {
            let answer = |other: &&Leg| other.purpose == Purpose::Agent && other.connected == Some(ended);
            let answered = conversation.legs.iter().rfind(answer).and_then(|agent| agent.user_id.as_deref());
            let outcome = match (why, answered) {
                (Disconnect::Transfer, Some(_)) => "ANSWERED",
                (Disconnect::Transfer, None) => "FLOW_OUT",
                _ => "ABANDON",
            };
            json!({"acdOutcome": outcome, "answeredUserId": answered, "connectedDurationMs": connected})
        }
        Purpose::Agent => json!({
            "interactingDurationMs": connected.unwrap_or_default(),
            "alertingDurationMs": millis(leg.started, leg.connected.unwrap_or(ended)),
        }),
        Purpose::Workflow | Purpose::Botflow => {
            let exit = match why {
                Disconnect::Transfer => "TRANSFER",
                Disconnect::SessionExpired => "SESSION_EXPIRE_DISCONNECT",
                _ => "DISCONNECT",
            };
            let transfer = (why == Disconnect::Transfer).then_some("ACD");
            json!({"exitReason": exit, "transferType": transfer, "connectedDurationMs": connected})
        }
        Purpose::Api => json!({}),
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.insert("disconnectType".to_owned(), why.in_detail_events().into());
        body.extend(more);
    }
    body
}

fn attributes(conversation: &PlatformConversation, leg: &Leg, now: Timestamp) -> Value {
    json!({
        "eventTime": now.as_millisecond(),
        "conversationId": conversation.id,
        "participantId": leg.id,
        "attributes": leg.attributes,
        "conversationExternalContactIds": [conversation.external_contact_id],
        "communications": [{"id": leg.communication_id, "mediaType": "MESSAGE"}],
        "participantStartTime": leg.started.as_millisecond(),
    })
}

fn undelivered(conversation: &PlatformConversation, message: &PlatformMessage) -> Value {
    let customer = conversation.legs.iter().rfind(|leg| leg.purpose == Purpose::Customer);
    let at = message.time.as_millisecond();
    compact(json!({
        "conversationId": conversation.id,
        "deploymentId": conversation.deployment_id,
        "participantId": customer.map(|leg| &leg.id),
        "externalContactId": conversation.external_contact_id,
        "communicationId": customer.map(|leg| &leg.communication_id),
        "messages": [{"id": message.id, "eventTimeMs": at}],
        "eventTimeMs": at,
    }))
}

/// `ConversationMessageEventTopicMessageConversation`: the media form as the topics spell it.
fn queue_event(conversation: &PlatformConversation) -> Value {
    let participants: Vec<_> = conversation.legs.iter().map(|leg| topic_participant(conversation, leg)).collect();
    compact(json!({
        "id": conversation.id,
        "participants": participants,
        "otherMediaUris": [],
        "inactivityTimeout": view::inactivity_timeout(conversation),
        "divisions": view::divisions(conversation),
    }))
}

fn topic_participant(conversation: &PlatformConversation, leg: &Leg) -> Value {
    let reference = |id: &String| json!({"id": id, "name": id});
    let details = |message: &PlatformMessage| {
        json!({
            "message": {"id": message.id},
            "messageTime": view::time(message.time),
            "messageStatus": view::message_status(message.purpose.is_outbound()),
        })
    };
    let contact = (leg.purpose == Purpose::Customer).then(|| json!({"id": conversation.external_contact_id}));
    compact(json!({
        "id": leg.id,
        "name": leg.name(),
        "purpose": leg.purpose,
        "state": leg.state,
        "direction": view::leg_direction(leg),
        "startTime": view::time(leg.started),
        "connectedTime": leg.connected.map(view::time),
        "endTime": leg.ended.map(|(at, _)| view::time(at)),
        "disconnectType": leg.ended.map(|(_, why)| why.as_str()),
        "parkTime": leg.parked.map(|(since, _)| view::time(since)),
        "resumeTime": leg.parked.map(|(_, until)| view::time(until)),
        "held": false,
        "wrapupRequired": leg.needs_wrapup(),
        "user": leg.user_id.as_ref().map(reference),
        "queue": leg.queue_id.as_ref().map(reference),
        "externalContact": contact,
        "attributes": leg.attributes,
        "provider": view::PROVIDER,
        "type": "webmessaging",
        "messages": view::said_by(conversation, leg).map(details).collect::<Vec<_>>(),
    }))
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    since(from, to).as_millis().try_into().unwrap_or(u64::MAX)
}
