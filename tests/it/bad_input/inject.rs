//! What only InjectContext is asked.

use session_resumption::pb;
use session_resumption::pb::inject_context_request::Message;

use super::{assert_refused, nothing_was_asked, quiet, uuid};

fn message(id: &str, text: &str) -> Message {
    Message { client_message_id: id.to_owned(), text: text.to_owned(), sent_time: None }
}

fn request(messages: Vec<Message>) -> pb::InjectContextRequest {
    pb::InjectContextRequest {
        conversation_id: "conversation".into(),
        participant_id: "participant".into(),
        handshake_id: uuid(),
        messages,
        ..pb::InjectContextRequest::default()
    }
}

#[tokio::test]
async fn messages_are_refused_for_what_is_wrong_with_each() {
    let harness = quiet().await;
    let long = "ä".repeat(4097);
    for (case, messages, faults) in [
        ("no text", vec![message("a", "")], &[("messages[0].text", "TEXT_EMPTY")][..]),
        ("too long", vec![message("a", &long)], &[("messages[0].text", "TEXT_TOO_LONG")]),
        ("no id", vec![message("", "hello")], &[("messages[0].client_message_id", "INVALID_ID")]),
        (
            "one id twice",
            vec![message("a", "one"), message("b", "two"), message("a", "one")],
            &[("messages[2].client_message_id", "DUPLICATE_CLIENT_MESSAGE_ID")],
        ),
        (
            "one id three times",
            vec![message("a", "one"), message("a", "two"), message("a", "three")],
            &[
                ("messages[1].client_message_id", "DUPLICATE_CLIENT_MESSAGE_ID"),
                ("messages[2].client_message_id", "DUPLICATE_CLIENT_MESSAGE_ID"),
            ],
        ),
        (
            "one bad id twice",
            vec![message("/", "one"), message("/", "two")],
            &[("messages[0].client_message_id", "INVALID_ID"), ("messages[1].client_message_id", "INVALID_ID")],
        ),
        (
            "one of each",
            vec![message("", ""), message("a", &long), message("a", "")],
            &[
                ("messages[0].client_message_id", "INVALID_ID"),
                ("messages[0].text", "TEXT_EMPTY"),
                ("messages[1].text", "TEXT_TOO_LONG"),
                ("messages[2].text", "TEXT_EMPTY"),
                ("messages[2].client_message_id", "DUPLICATE_CLIENT_MESSAGE_ID"),
            ],
        ),
    ] {
        assert_refused(case, harness.inject(request(messages)).await, faults);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn ids_differ_by_their_case() {
    let harness = quiet().await;
    let status = harness.inject(request(vec![message("a", "one"), message("A", "one")])).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound, "{status:?}");
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn a_request_has_fifty_messages_at_most() {
    let harness = quiet().await;
    for count in [51, 52, 1_000] {
        // Their own faults are not told: the list is refused as a whole.
        let messages = (0..count).map(|_| message("/", "")).collect();
        assert_refused("too many", harness.inject(request(messages)).await, &[("messages", "TOO_MANY_MESSAGES")]);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn a_marker_has_its_limit_too() {
    let harness = quiet().await;
    for marker in ["x".repeat(4097), "💬".repeat(4097)] {
        let request = pb::InjectContextRequest { marker, ..request(Vec::new()) };
        assert_refused("4097 characters", harness.inject(request).await, &[("marker", "TEXT_TOO_LONG")]);
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let harness = quiet().await;
    let request = pb::InjectContextRequest {
        conversation_id: String::new(),
        participant_id: "..".into(),
        handshake_id: "first".into(),
        client_instance_id: "a b".into(),
        tab_epoch: u64::MAX,
        marker: "x".repeat(5_000),
        messages: vec![message("ok", "fine"), message("", "")],
    };
    let faults = [
        ("conversation_id", "INVALID_ID"),
        ("participant_id", "INVALID_ID"),
        ("handshake_id", "INVALID_UUID"),
        ("client_instance_id", "INVALID_ID"),
        ("marker", "TEXT_TOO_LONG"),
        ("messages[1].client_message_id", "INVALID_ID"),
        ("messages[1].text", "TEXT_EMPTY"),
    ];
    assert_refused("inject", harness.inject(request).await, &faults);
    nothing_was_asked(harness).await;
}
