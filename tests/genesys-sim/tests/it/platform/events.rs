//! What subscribers are told of a platform conversation, each event as the platform describes it.

use std::time::Duration;

use genesys_sim::NewPlatformConversation;
use serde_json::{Value, json};

use super::checked::{AGENT, SPECIALISTS, SUPPORT, queued, shape};
use crate::{schema::OPENAPI, support::Harness};

const QUEUE_EVENTS: [&str; 2] =
    ["ConversationMessageEventTopicMessageConversation", "QueueConversationMessageEventTopicMessageConversation"];

/// The events of a conversation under this name, all valid by its definition.
fn told(h: &Harness, id: &str, name: &str, definition: &str) -> Vec<Value> {
    let events = h.control.platform().published(&format!("v2.detail.events.conversation.{id}.{name}"));
    for event in &events {
        OPENAPI.check(definition, event);
        assert_eq!(event["conversationId"], json!(id));
    }
    events
}

fn queue_events(h: &Harness, queue: &str) -> Vec<Value> {
    let events = h.control.platform().published(&format!("v2.routing.queues.{queue}.conversations.messages"));
    for event in &events {
        for definition in QUEUE_EVENTS {
            OPENAPI.check(definition, event);
        }
    }
    events
}

#[tokio::test]
async fn every_leg_is_told_when_it_starts_and_when_it_ends() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let id = h.created(queued()).conversation_id;
    assert_eq!(told(&h, &id, "customer.start", "CustomerStartDetailEventTopicCustomerStartEvent").len(), 1);
    assert_eq!(told(&h, &id, "flow.start", "FlowStartDetailEventTopicFlowStartEvent").len(), 1);
    let flow = &told(&h, &id, "flow.end", "FlowEndDetailEventTopicFlowEndEvent")[0];
    assert_eq!((&flow["exitReason"], &flow["transferType"]), (&json!("TRANSFER"), &json!("ACD")));
    assert_eq!(told(&h, &id, "acd.start", "AcdStartDetailEventTopicAcdStartEvent")[0]["queueId"], json!(SUPPORT));

    platform.offer(&id, AGENT).unwrap();
    assert_eq!(told(&h, &id, "user.start", "UserStartDetailEventTopicUserStartEvent")[0]["userId"], json!(AGENT));
    platform.no_answer(&id).unwrap();
    let agent = told(&h, &id, "user.end", "UserEndDetailEventTopicUserEndEvent");
    assert_eq!(agent[0]["disconnectType"], "NO_ANSWER_TRANSFER");
    platform.answer(&id, AGENT).unwrap();
    let acd = told(&h, &id, "acd.end", "AcdEndDetailEventTopicAcdEndEvent");
    assert_eq!((&acd[0]["acdOutcome"], &acd[0]["answeredUserId"]), (&json!("ANSWERED"), &json!(AGENT)));

    h.control.advance(Duration::from_mins(5));
    platform.expire_session(&id).unwrap();
    let customer = told(&h, &id, "customer.end", "CustomerEndDetailEventTopicCustomerEndEvent");
    assert_eq!(customer.len(), 1);
    assert_eq!(customer[0]["disconnectType"], "SESSION_EXPIRED");
    assert!(customer[0]["interactingDurationMs"].as_u64().unwrap() >= 300_000);
    assert_eq!(told(&h, &id, "user.end", "UserEndDetailEventTopicUserEndEvent")[1]["disconnectType"], "PEER");
}

#[tokio::test]
async fn a_queue_is_told_of_all_that_happens_to_its_conversations() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let new = NewPlatformConversation { inactivity_timeout_s: Some(600), ..queued() };
    let id = h.created(new).conversation_id;
    platform.customer_message(&id, "hello").unwrap();
    platform.answer(&id, AGENT).unwrap();
    platform.park(&id, Duration::from_mins(5)).unwrap();
    platform.unpark(&id).unwrap();
    platform.set_away(&id, true).unwrap();
    assert_eq!(queue_events(&h, SUPPORT).len(), 5, "a network drop is invisible");
    assert_eq!(queue_events(&h, SPECIALISTS).len(), 0);
    platform.transfer(&id, SPECIALISTS).unwrap();
    let (old, new) = (queue_events(&h, SUPPORT), queue_events(&h, SPECIALISTS));
    assert_eq!((old.len(), new.len()), (6, 1));
    assert_eq!(shape(&new[0]), shape(&platform.conversation(&id).unwrap()));
    assert_eq!(old[1]["participants"][0]["messages"][0]["messageStatus"], "received");
}

#[tokio::test]
async fn what_a_guest_who_is_away_does_not_get_is_told() {
    let h = Harness::start().await;
    let platform = h.control.platform();
    let served = h.served();
    let id = &served.conversation_id;
    let topic = format!("v2.webmessaging.deployments.{}.undelivered.messages", served.deployment_id);
    platform.agent_message(id, "hello").unwrap();
    platform.set_away(id, true).unwrap();
    assert_eq!(platform.published(&topic).len(), 0);
    let lost = platform.agent_message(id, "are you there?").unwrap();
    platform.set_away(id, false).unwrap();
    platform.agent_message(id, "good").unwrap();

    let told = platform.published(&topic);
    let [event] = &told[..] else { panic!("{told:?}") };
    OPENAPI.check("V2WebMessagingUndeliveredMessageTopicWebMessagingUndeliveredMessageEventBody", event);
    assert_eq!(event["conversationId"], json!(id));
    assert_eq!(event["participantId"], json!(served.customer_id));
    assert_eq!(event["messages"][0]["id"], json!(lost));
}

#[tokio::test]
async fn attributes_are_told_once_they_are_to_be_seen() {
    let h = Harness::start().await;
    let served = h.served();
    let id = &served.conversation_id;
    let path = format!("conversations/{id}/participants/{}/attributes", served.customer_id);
    let update = h.platform(reqwest::Method::PATCH, &path).json(&json!({"attributes": {"a": "b"}}));
    update.send().await.unwrap();
    h.control.advance(Duration::from_secs(1));
    let told = told(&h, id, "attributes", "AttributeDetailEventTopicAttributeUpdateEvent");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["participantId"], json!(served.customer_id));
    assert_eq!(told[0]["attributes"], json!({"a": "b"}));
}
