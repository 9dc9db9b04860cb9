//! What is read from a conversation, from the guide's own example to arbitrary JSON.

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

const ID: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

fn guides_example() -> Value {
    json!({
        "id": ID,
        "type": "messaging",
        "status": "DISCONNECTED",
        "updatedTime": "2024-05-15T14:32:10.000Z",
        "participants": [
            {
                "id": "customer-participant-id",
                "role": "CUSTOMER",
                "status": "DISCONNECTED",
                "updatedTime": "2024-05-15T14:32:10.000Z"
            },
            {
                "id": "agent-participant-id",
                "role": "AGENT",
                "status": "ACTIVE",
                "updatedTime": "2024-05-15T14:30:00.000Z"
            }
        ]
    })
}

/// The guide's example with one value changed, or taken away by null.
fn with(pointer: &str, value: Value) -> Value {
    let mut conversation = guides_example();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let object = conversation.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    object.insert(key.to_owned(), value);
    conversation
}

fn without(pointer: &str) -> Value {
    let mut conversation = guides_example();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    conversation.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    conversation
}

fn asked() -> ConversationId {
    ConversationId::parse(ID).unwrap()
}

fn read(conversation: Value) -> Option<Snapshot> {
    // Nothing else is an answer.
    let conversation = Some(conversation).filter(Value::is_object)?;
    serde_json::from_value::<Conversation>(conversation).ok()?.into_snapshot(&asked()).ok()
}

#[test]
fn the_guides_example_is_read_as_it_is_meant() {
    let snapshot = read(guides_example()).unwrap();
    assert_eq!(snapshot.status, Status::Disconnected);
    assert_eq!(snapshot.status_text, "DISCONNECTED");
    assert_eq!(snapshot.updated, Some("2024-05-15T14:32:10Z".parse().unwrap()));
    let legs: Vec<_> = snapshot.participants.iter().map(|leg| (leg.id.as_str(), leg.role, leg.active)).collect();
    let customer = ("customer-participant-id", Role::Customer, false);
    assert_eq!(legs, [customer, ("agent-participant-id", Role::Agent, true)]);
    assert_eq!(snapshot.agent_id(), Some("agent-participant-id"));
    assert_eq!(snapshot.attributes, BTreeMap::new());
}

#[test]
fn required_values_must_be_there_and_of_their_kind() {
    for pointer in
        ["/id", "/status", "/participants", "/participants/0/id", "/participants/0/role", "/participants/1/status"]
    {
        assert!(read(without(pointer)).is_none(), "without {pointer}");
        for wrong in [json!(null), json!(7), json!(true), json!({})] {
            assert!(read(with(pointer, wrong.clone())).is_none(), "{pointer} = {wrong}");
        }
    }
    assert!(read(with("/status", json!(""))).is_none());
    assert!(read(with("/participants", json!([]))).is_some(), "a conversation can be empty");
}

#[test]
fn another_conversation_is_never_taken_for_the_one_asked_for() {
    for other in ["", "x", &ID.to_uppercase(), &format!("{ID} "), &ID[1..]] {
        assert!(read(with("/id", json!(other))).is_none(), "{other}");
    }
}

#[test]
fn an_unusable_time_is_none() {
    for wrong in
        [json!(null), json!(""), json!("yesterday"), json!("2024-05-15T14:32:10"), json!(1_715_783_530), json!([])]
    {
        assert_eq!(read(with("/updatedTime", wrong.clone())).unwrap().updated, None, "{wrong}");
        assert_eq!(read(with("/participants/0/updatedTime", wrong)).unwrap().participants[0].updated, None);
    }
    assert_eq!(read(without("/updatedTime")).unwrap().updated, None);
    let offset = read(with("/updatedTime", json!("2024-05-15T16:32:10+02:00"))).unwrap();
    assert_eq!(offset.updated, read(guides_example()).unwrap().updated);
}

#[test]
fn optional_values_of_another_kind_are_absent() {
    for wrong in [json!(null), json!(7), json!(""), json!(["q"]), json!({"id": "q"})] {
        for pointer in ["/queueId", "/targetQueueId", "/transferReason", "/participants/1/queueId"] {
            assert_eq!(read(with(pointer, wrong.clone())), read(guides_example()), "{pointer} = {wrong}");
        }
        for pointer in ["/participants/1/userId", "/participants/1/agentId"] {
            let snapshot = read(with(pointer, wrong.clone())).unwrap();
            assert_eq!(snapshot.agent_id(), Some("agent-participant-id"), "{pointer} = {wrong}");
        }
    }
    assert_eq!(read(with("/queueId", json!("q"))).unwrap().queue_id(), Some("q"));
    assert_eq!(read(with("/participants/1/queueId", json!("q"))).unwrap().queue_id(), Some("q"));
    assert_eq!(read(with("/participants/1/agentId", json!("a"))).unwrap().agent_id(), Some("a"));
    assert_eq!(read(with("/targetQueueId", json!("q"))).unwrap().target_queue_id.as_deref(), Some("q"));
    assert_eq!(read(with("/transferReason", json!("r"))).unwrap().transfer_reason.as_deref(), Some("r"));
}

#[test]
fn statuses_are_an_open_set_and_keep_their_spelling() {
    for (text, known) in [
        ("ACTIVE", Status::Active),
        ("active", Status::Active),
        ("Disconnected", Status::Disconnected),
        ("TRANSFER", Status::Transfer),
        ("QUEUE", Status::Queue),
        ("REROUTE", Status::Reroute),
        ("PARKED", Status::Parked),
        ("TERMINATED", Status::Terminated),
        ("On_Hold", Status::Unknown),
        (" ACTIVE", Status::Unknown),
    ] {
        let snapshot = read(with("/status", json!(text))).unwrap();
        assert_eq!((snapshot.status, snapshot.status_text.as_str()), (known, text));
    }
    assert_eq!(read(with("/participants/0/role", json!("BOT"))).unwrap().participants[0].role, Role::Other);
    assert!(read(with("/participants/0/status", json!("Active"))).unwrap().participants[0].active);
}

#[test]
fn attributes_are_texts_numbers_and_truths() {
    let attributes = json!({"a": "2", "b": 2, "c": 2.5, "d": true, "e": null, "f": ["x"], "g": {"x": 1}});
    let read_back = read(with("/customAttributes", attributes)).unwrap().attributes;
    let expected = [("a", "2"), ("b", "2"), ("c", "2.5"), ("d", "true")];
    assert_eq!(read_back, expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
    for wrong in [json!(null), json!([]), json!("x")] {
        assert_eq!(read(with("/customAttributes", wrong)), read(guides_example()));
    }
}

#[test]
fn what_is_new_or_said_twice_does_not_confuse() {
    let with_news = with("/participants/0/wrapup", json!({"code": 1}));
    assert_eq!(read(with_news), read(guides_example()));
    let twice = guides_example().to_string().replacen('{', r#"{"id": "other", "#, 1);
    assert!(serde_json::from_str::<Conversation>(&twice).is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just(ID.to_owned()), Just("ACTIVE".to_owned()), ".{0,12}"].prop_map(Value::from),
    ];
    let key = || prop::sample::select(vec!["id", "status", "participants", "role", "updatedTime", "queueId", "x"]);
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..7).prop_map(|fields| {
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_json_is_refused_or_about_the_conversation_asked_for(
        body in any_json(),
        field in prop::sample::select(vec!["/id", "/status", "/updatedTime", "/participants", "/participants/0/id", "/queueId"]),
    ) {
        for conversation in [body.clone(), with(field, body)] {
            let id = conversation.get("id").cloned();
            if let Some(snapshot) = read(conversation) {
                prop_assert_eq!(&snapshot.conversation, &asked());
                prop_assert_eq!(id, Some(json!(ID)));
                prop_assert!(!snapshot.status_text.is_empty());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = serde_json::from_slice::<Conversation>(&bytes).ok().and_then(|read| read.into_snapshot(&asked()).ok());
        prop_assert!(read.is_none());
    }
}
