//! Frames as the platform sends them, and as it must never send them.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const QUEUE: &str = "v2.routing.queues.q-1.conversations.messages";
const DEPLOYMENT: &str = "v2.webmessaging.deployments.d-1.undelivered.messages";

fn topics() -> HashSet<Topic> {
    HashSet::from([Topic::Queue("q-1".into()), Topic::Deployment("d-1".into())])
}

fn read(frame: &Value) -> Frame {
    Frame::read(&frame.to_string(), &topics())
}

fn frame(topic: &str, body: &Value) -> Value {
    json!({"topicName": topic, "version": "2", "eventBody": body, "metadata": {"CorrelationId": "c"}})
}

fn conversation() -> Value {
    let fixture = include_str!("../../../../tests/genesys/fixtures/message_conversation.active_with_agent.json");
    serde_json::from_str(fixture).unwrap()
}

fn undelivered() -> Value {
    json!({
        "conversationId": "11111111-1111-4111-8111-111111111111",
        "deploymentId": "d-1",
        "messages": [{"id": "m-1", "eventTimeMs": 1_715_783_000_000_u64}],
        "eventTimeMs": 1_715_783_001_000_u64,
    })
}

#[test]
fn each_kind_of_frame_is_known() {
    let told = |frame: &Value| match read(frame) {
        Frame::Told(told) => (told.id.as_str().to_owned(), told.news),
        other => panic!("{other:?}"),
    };
    let (id, news) = told(&frame(QUEUE, &conversation()));
    assert_eq!(id, conversation()["id"]);
    let News::Whole { legs, as_of, feed: None } = news else { panic!("{news:?}") };
    assert_eq!(legs.changed(), Some(as_of));

    let (id, news) = told(&frame(DEPLOYMENT, &undelivered()));
    assert_eq!(id, undelivered()["conversationId"]);
    let News::Undelivered { messages, .. } = news else { panic!("{news:?}") };
    assert_eq!(messages.len(), 1);

    let beat = json!({"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}});
    assert_eq!(read(&beat), Frame::Heartbeat);
    assert_eq!(read(&json!({"topicName": "v2.system.socket_closing"})), Frame::Closing);
    assert_eq!(read(&frame("v2.users.u.presence", &json!({}))), Frame::UnknownTopic);
    let elsewhere = QUEUE.replace("q-1", "q-2");
    assert_eq!(read(&frame(&elsewhere, &conversation())), Frame::Foreign);
    let mut other = undelivered();
    other["deploymentId"] = json!("d-2");
    assert_eq!(read(&frame(DEPLOYMENT, &other)), Frame::Foreign);
}

#[test]
fn what_may_have_told_of_a_change_and_cannot_be_read_is_malformed() {
    let mut timeless = conversation();
    timeless["participants"] = json!([{"id": "p", "purpose": "customer", "state": "connected"}]);
    let mut nameless = conversation();
    nameless["id"] = json!("no/such id");
    for body in [json!(null), json!([]), json!("text"), json!({}), timeless, nameless] {
        assert_eq!(read(&frame(QUEUE, &body)), Frame::Malformed, "{body}");
    }
    for text in ["", "{", "[]", "null", r#"{"eventBody": {}}"#, r#"{"topicName": 7}"#, "<html>"] {
        assert_eq!(Frame::read(text, &topics()), Frame::Malformed, "{text}");
    }
    let deep = format!(r#"{{"topicName": "{QUEUE}", "eventBody": {}"#, "[".repeat(100_000));
    assert_eq!(Frame::read(&deep, &topics()), Frame::Malformed);
}

#[test]
fn copies_of_an_event_have_one_name_and_others_their_own() {
    let event = |body: &Value, correlation: &str| {
        let mut frame = frame(DEPLOYMENT, body);
        frame["metadata"]["CorrelationId"] = json!(correlation);
        let Frame::Told(told) = read(&frame) else { panic!("{frame}") };
        assert!(matches!(told.news, News::Undelivered { event, .. } if event == told.event));
        told.event
    };
    let mut later = undelivered();
    later["eventTimeMs"] = json!(1_715_783_002_000_u64);
    assert_eq!(event(&undelivered(), "a"), event(&undelivered(), "b"));
    assert_ne!(event(&undelivered(), "a"), event(&later, "a"));
}

/// A change of a text at some place: bytes cut, put in, or replaced by others.
fn mutated(text: String, cuts: Vec<(prop::sample::Index, usize, String)>) -> String {
    cuts.into_iter().fold(text, |text, (place, length, put)| {
        let chars: Vec<char> = text.chars().collect();
        let at = place.index(chars.len() + 1);
        let kept = chars.iter().skip(at + length);
        chars.iter().take(at).copied().chain(put.chars()).chain(kept.copied()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_frame_is_too_strange(
        of_queue in any::<bool>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, r#"[ -~]{0,6}|[{}\[\]",:0-9]{0,3}"#), 0..5),
    ) {
        let whole = if of_queue { frame(QUEUE, &conversation()) } else { frame(DEPLOYMENT, &undelivered()) };
        let text = mutated(whole.to_string(), cuts);
        let found = Frame::read(&text, &topics());
        prop_assert_eq!(&found, &Frame::read(&text, &topics()), "the same text says the same");
        // What is told names a conversation, and covers nothing by itself.
        if let Frame::Told(told) = found {
            prop_assert!(ConversationId::parse(told.id.as_str()).is_ok());
            prop_assert!(!matches!(told.news, News::Whole { feed: Some(_), .. }), "{:?}", told.news);
        }
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        let frame = Frame::read(&text, &topics());
        prop_assert_eq!(frame, Frame::Malformed);
    }
}
