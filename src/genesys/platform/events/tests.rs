//! What is read of events, whole and broken.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::domain::legs::{Disconnect, Leg, LegState, Purpose};

const START: &str = include_str!("../../../../tests/genesys/samples/eventbridge__conversation-start-event.json");
const END: &str = include_str!("../../../../tests/genesys/samples/eventbridge__conversation-end-event.json");
const CONVERSATION: &str = "2f7bf00a-0fc2-4d6a-9b56-92238191433e";

fn topic(kind: &str) -> String {
    format!("v2.detail.events.conversation.{CONVERSATION}.{kind}")
}

/// A body such as the platform's, of a web conversation.
fn body(more: &Value) -> Value {
    let mut body = json!({
        "eventTime": 1_649_237_504_949_i64,
        "conversationId": CONVERSATION,
        "participantId": "p-1",
        "sessionId": "s-1",
        "mediaType": "MESSAGE",
        "messageType": "WEBMESSAGING",
        "provider": "PureCloud Messaging",
        "direction": "INBOUND",
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn told(kind: &str, more: &Value) -> Option<News> {
    let (conversation, news) = read(&topic(kind), &body(more), "e-1").unwrap()?;
    assert_eq!(conversation.as_str(), CONVERSATION);
    Some(news)
}

fn at() -> Timestamp {
    Timestamp::from_millisecond(1_649_237_504_949).unwrap()
}

fn leg(purpose: Purpose) -> Leg {
    Leg {
        id: "p-1".to_owned(),
        purpose,
        state: LegState::Connected,
        disconnect: None,
        started: Some(at()),
        ended: None,
        changed: Some(at()),
        user_id: None,
        queue_id: None,
        contact_id: None,
    }
}

fn ended(purpose: Purpose, disconnect: Option<Disconnect>) -> Leg {
    Leg { state: LegState::Ended, disconnect, started: None, ended: Some(at()), ..leg(purpose) }
}

fn change(leg: Leg) -> News {
    News::Change { event: "e-1".to_owned(), at: at(), leg }
}

fn doubt() -> News {
    News::Doubt { event: "e-1".to_owned(), at: at() }
}

#[test]
fn legs_come_and_go() {
    let contact = |leg| Leg { contact_id: Some("c-1".to_owned()), ..leg };
    let queue = |leg| Leg { queue_id: Some("q-1".to_owned()), ..leg };
    let agent = |leg| Leg { user_id: Some("u-1".to_owned()), ..queue(leg) };
    for (kind, more, expected) in [
        ("customer.start", json!({"externalContactId": "c-1"}), contact(leg(Purpose::Customer))),
        (
            "customer.end",
            json!({"externalContactId": "c-1", "disconnectType": "SESSION_EXPIRED"}),
            contact(ended(Purpose::Customer, Some(Disconnect::SessionExpired))),
        ),
        ("customer.end", json!({}), ended(Purpose::Customer, None)),
        ("acd.start", json!({"queueId": "q-1"}), queue(leg(Purpose::Acd))),
        (
            "acd.end",
            json!({"queueId": "q-1", "acdOutcome": "FLOW_OUT", "disconnectType": "TRANSFER"}),
            queue(ended(Purpose::Acd, Some(Disconnect::Transfer))),
        ),
        (
            "user.end",
            json!({"queueId": "q-1", "userId": "u-1", "disconnectType": "NO_ANSWER_TRANSFER"}),
            agent(ended(Purpose::Agent, Some(Disconnect::NoAnswer))),
        ),
        ("flow.start", json!({"flowType": "INBOUNDSHORTMESSAGE"}), leg(Purpose::Flow)),
        ("flow.start", json!({"flowType": "DIGITALBOT"}), leg(Purpose::Bot)),
        (
            "flow.end",
            json!({"flowType": "INBOUNDSHORTMESSAGE", "disconnectType": "A_NEW_WORD"}),
            ended(Purpose::Flow, Some(Disconnect::Unknown)),
        ),
    ] {
        assert_eq!(told(kind, &more), Some(change(expected)), "{kind} {more}");
    }
}

#[test]
fn what_is_not_the_whole_truth_is_a_doubt() {
    for (kind, more) in [
        ("user.start", json!({"userId": "u-1", "queueId": "q-1"})),
        ("acd.end", json!({"acdOutcome": "ANSWERED", "answeredUserId": "u-1"})),
        ("acd.end", json!({"acdOutcome": "A_NEW_WORD"})),
        ("acd.end", json!({})),
        ("flow.start", json!({})),
        ("flow.end", json!({"flowType": "COMMONMODULE"})),
        ("flow.end", json!({"flowType": "A_NEW_WORD"})),
        ("something.new", json!({})),
        ("", json!({})),
    ] {
        assert_eq!(told(kind, &more), Some(doubt()), "{kind} {more}");
    }
}

#[test]
fn what_tells_nothing_of_legs_is_passed_over_whatever_it_holds() {
    for kind in ["attributes", "wrapup", "acw", "contact", "outbound", "flow.outcome"] {
        assert_eq!(read(&topic(kind), &Value::Null, "e-1"), Ok(None), "{kind}");
    }
    for topic in ["", "v2.users.u-1.presence", "v2.detail.events.conversation.c-1"] {
        assert_eq!(read(topic, &Value::Null, "e-1"), Ok(None), "{topic}");
    }
    // A queue's own flow begins and ends within the queue's leg, and has its participant.
    assert_eq!(told("flow.end", &json!({"flowType": "INQUEUESHORTMESSAGE"})), None);
}

#[test]
fn other_media_are_passed_over() {
    for more in [
        json!({"mediaType": "VOICE"}),
        json!({"mediaType": "A_NEW_WORD"}),
        json!({"messageType": "SMS"}),
        json!({"messageType": "WHATSAPP"}),
    ] {
        assert_eq!(told("customer.end", &more), None, "{more}");
    }
    for more in [
        json!({"mediaType": null, "messageType": null}),
        json!({"mediaType": "UNKNOWN", "messageType": "UNKNOWN"}),
        json!({"mediaType": "message", "messageType": "webmessaging"}),
    ] {
        assert_eq!(told("customer.end", &more), Some(change(ended(Purpose::Customer, None))), "{more}");
    }
}

#[test]
fn the_samples_are_of_another_medium_and_else_are_read() {
    for (sample, kind) in [(START, "customer.start"), (END, "customer.end")] {
        let mut sample: Value = serde_json::from_str(sample).unwrap();
        let detail = &mut sample["detail"];
        assert_eq!(detail["topicName"], topic(kind));
        assert_eq!(read(&topic(kind), &detail["eventBody"], "e-1"), Ok(None), "a chat");
        detail["eventBody"]["mediaType"] = json!("MESSAGE");
        let (_, news) = read(&topic(kind), &detail["eventBody"], "e-1").unwrap().unwrap();
        let News::Change { leg, .. } = news else { panic!("{news:?}") };
        assert_eq!((leg.id.as_str(), leg.purpose), ("9fb2ca78-8389-4758-b76a-9b0300de1fce", Purpose::Customer));
        assert!(leg.contact_id.is_some());
    }
}

#[test]
fn the_topic_may_leave_the_conversation_to_the_body_but_not_name_another() {
    let body = body(&json!({}));
    let read = |topic: &str, body: &Value| read(topic, body, "e-1").map(|told| told.map(|(id, _)| id.to_string()));
    let ours = Ok(Some(CONVERSATION.to_owned()));
    assert_eq!(read("v2.detail.events.conversation.{id}.customer.end", &body), ours);
    let mut without = body.clone();
    without.as_object_mut().unwrap().remove("conversationId");
    assert_eq!(read(&topic("customer.end"), &without), ours);
    for (topic, body, problem) in [
        ("v2.detail.events.conversation.another.customer.end", &body, "is not the one that topicName has"),
        ("v2.detail.events.conversation.{id}.customer.end", &without, "is required"),
    ] {
        let error = read(topic, body).unwrap_err();
        assert_eq!((error.field, error.problem), ("conversationId", problem));
    }
}

#[test]
fn undelivered_messages_are_named_with_their_times() {
    const TOPIC: &str = "v2.webmessaging.deployments.d-1.undelivered.messages";
    let one = Timestamp::from_millisecond(1_000).unwrap();
    let two = Timestamp::from_millisecond(2_000).unwrap();
    let body = json!({
        "conversationId": CONVERSATION,
        "deploymentId": "d-1",
        "participantId": "p-1",
        "sessionExpiry": 0,
        "messages": [{"id": "m-1", "eventTimeMs": 1_000}, {"id": "m-2"}],
        "eventTimeMs": 2_000,
    });
    let messages = vec![("m-1".to_owned(), one), ("m-2".to_owned(), two)];
    let (id, news) = read(TOPIC, &body, "e-1").unwrap().unwrap();
    assert_eq!(id.as_str(), CONVERSATION);
    assert_eq!(news, News::Undelivered { event: "e-1".to_owned(), messages });

    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        read(TOPIC, &body, "e-1").map_err(|error| error.field)
    };
    assert_eq!(with("messages", json!([])), Ok(None));
    assert_eq!(with("messages", json!([{"eventTimeMs": 1_000}])), Err("messages[].id"));
    assert_eq!(with("messages", json!([{"id": "m-1", "eventTimeMs": "x"}])), Err("messages[].eventTimeMs"));
    assert_eq!(with("messages", json!(["m-1"])), Err("messages"));
    assert_eq!(with("messages", json!("m-1")), Err("messages"));
    assert_eq!(with("messages", Value::Null), Err("messages"));
    assert_eq!(with("messages", json!(vec![json!({"id": "m-1"}); 101])), Err("messages"));
    assert_eq!(with("eventTimeMs", Value::Null), Err("eventTimeMs"));
    assert_eq!(with("conversationId", Value::Null), Err("conversationId"));
}

/// Every field that is read, with everything that it must not be.
#[test]
fn what_is_malformed_is_told_by_its_field_and_never_by_its_content() {
    const SECRET: &str = "hunter 2";
    let strange = [json!(SECRET), json!({"a": SECRET}), json!([SECRET]), json!(true), json!(1.5), json!(i64::MAX)];
    for (kind, more, required, optional) in [
        ("customer.end", json!({}), &["eventTime", "participantId"][..], &["externalContactId"][..]),
        ("user.end", json!({}), &["eventTime", "participantId"], &["userId", "queueId"]),
        ("user.start", json!({}), &["eventTime"], &[]),
        ("acd.end", json!({"acdOutcome": "ABANDON"}), &["eventTime", "participantId"], &["queueId"]),
    ] {
        for field in required.iter().chain(optional) {
            for value in &strange {
                let mut body = body(&more);
                body[*field] = value.clone();
                let error = read(&topic(kind), &body, "e-1").unwrap_err();
                assert_eq!(error.field, *field, "{kind} {value}");
                assert!(!error.to_string().contains(SECRET), "{error}");
            }
            let mut body = body(&more);
            body[*field] = Value::Null;
            let absent = read(&topic(kind), &body, "e-1").map_err(|error| error.to_string());
            if required.contains(field) {
                assert_eq!(absent, Err(format!("{field} is required")), "{kind}");
            } else {
                assert!(absent.is_ok(), "{kind} {field}: {absent:?}");
            }
        }
    }
    for field in ["mediaType", "messageType", "disconnectType", "conversationId"] {
        let error = read(&topic("customer.end"), &body(&json!({field: 1})), "e-1").unwrap_err();
        assert_eq!(error.field, field);
    }
    for value in strange.into_iter().filter(|value| !value.is_object()) {
        assert_eq!(read(&topic("customer.end"), &value, "e-1").unwrap_err().field, "eventBody");
    }
}

#[test]
fn a_queues_topic_tells_all_of_a_conversation() {
    const TOPIC: &str = "v2.routing.queues.q-1.conversations.messages";
    let fixture = include_str!("../../../../tests/genesys/fixtures/message_conversation.queued.json");
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let (id, news) = read(TOPIC, &fixture, "e-1").unwrap().unwrap();
    let News::Whole { legs, as_of, feed: None } = news else { panic!("{news:?}") };
    assert_eq!((id.as_str(), &id), (fixture["id"].as_str().unwrap(), &legs.conversation));
    assert_eq!(Some(as_of), legs.changed());
    assert_eq!(legs.all.len(), fixture["participants"].as_array().unwrap().len());

    let with = |legs: Value| {
        let body = json!({"id": "c-1", "participants": legs});
        read(TOPIC, &body, "e-1").map(|told| told.is_some()).map_err(|error| error.field)
    };
    let begun = "2026-05-15T14:00:00Z";
    assert_eq!(with(json!([{"startTime": begun}])), Ok(true));
    assert_eq!(with(json!([{"startTime": begun, "type": "webmessaging"}, {"type": "sms"}])), Ok(true));
    assert_eq!(with(json!([{"startTime": begun, "type": "sms"}])), Ok(false));
    assert_eq!(with(json!([{"type": "webmessaging"}])), Err("participants"));
    assert_eq!(with(json!([])), Err("participants"));
    assert_eq!(with(json!("x")), Err("eventBody"));
    assert_eq!(read(TOPIC, &json!({"participants": []}), "e-1").unwrap_err().field, "eventBody");
}
