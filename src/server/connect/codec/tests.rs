//! The proto3 JSON mapping, field by field, as <https://protobuf.dev/programming-guides/json/> has it.

use std::collections::HashMap;

use prost_reflect::MethodDescriptor;
use prost_types::{Duration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::pb::inject_context_request::Message as Missed;
use crate::pb::inject_context_response::Result as Fate;
use crate::pb::session_resumption_server::SERVICE_NAME;
use crate::pb::validate_session_request::Intent;
use crate::pb::{
    ConfirmReattachRequest, ConfirmReattachResponse, InjectContextRequest, InjectContextResponse,
    ValidateSessionRequest, ValidateSessionResponse,
};
use crate::server::descriptors;

fn method_of(name: &str) -> MethodDescriptor {
    descriptors::method(SERVICE_NAME, name).unwrap()
}

fn read<M: Message + Default>(method: &str, json: &str) -> Result<M, Error> {
    Codec::Json.decode(method_of(method).input(), json.as_bytes())
}

fn shown(method: &str, message: &impl Message) -> Value {
    let bytes = Codec::Json.encode(method_of(method).output(), message).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn validate(json: &str) -> Result<ValidateSessionRequest, Error> {
    read("ValidateSession", json)
}

fn at(seconds: i64, nanos: i32) -> Timestamp {
    Timestamp { seconds, nanos }
}

#[test]
fn every_field_of_a_request_is_read_by_both_its_names() {
    let expected = ValidateSessionRequest {
        conversation_id: "c".into(),
        participant_id: "p".into(),
        resume_key: "k".into(),
        client_instance_id: "t".into(),
        attempt_id: "a".into(),
        handshake_id: "h".into(),
        intent: Intent::TakeOver.into(),
        disconnect_reason: "lost \"Wi-Fi\" \u{1f4ac}".into(),
        disconnect_time: Some(at(1_772_877_625, 250_000_000)),
        message_id: "m".into(),
    };
    let camel = r#"{"conversationId": "c", "participantId": "p", "resumeKey": "k", "clientInstanceId": "t", "attemptId": "a",
        "handshakeId": "h", "intent": "TAKE_OVER", "disconnectReason": "lost \"Wi-Fi\" \ud83d\udcac",
        "disconnectTime": "2026-03-07T10:00:25.25Z", "messageId": "m"}"#;
    let snake = r#"{"conversation_id": "c", "participant_id": "p", "resume_key": "k", "client_instance_id": "t", "attempt_id": "a",
        "handshake_id": "h", "intent": 3, "disconnect_reason": "lost \"Wi-Fi\" 💬",
        "disconnect_time": "2026-03-07T12:00:25.250000000+02:00", "message_id": "m"}"#;
    assert_eq!(validate(camel).unwrap(), expected);
    assert_eq!(validate(snake).unwrap(), expected);

    let expected =
        ConfirmReattachRequest { conversation_id: "c".into(), participant_id: "p".into(), handshake_id: "h".into() };
    for json in [
        r#"{"conversationId": "c", "participantId": "p", "handshakeId": "h"}"#,
        r#"{"conversation_id": "c", "participant_id": "p", "handshake_id": "h"}"#,
    ] {
        assert_eq!(read::<ConfirmReattachRequest>("ConfirmReattach", json).unwrap(), expected);
    }

    let expected = InjectContextRequest {
        conversation_id: "c".into(),
        participant_id: "p".into(),
        handshake_id: "h".into(),
        client_instance_id: "t".into(),
        tab_epoch: u64::MAX,
        marker: "m".into(),
        messages: vec![
            Missed { client_message_id: "1".into(), text: "one".into(), sent_time: Some(at(-1, 500_000_000)) },
            Missed::default(),
        ],
    };
    for json in [
        r#"{"conversationId": "c", "participantId": "p", "handshakeId": "h", "clientInstanceId": "t", "tabEpoch": "18446744073709551615",
            "marker": "m", "messages": [{"clientMessageId": "1", "text": "one", "sentTime": "1969-12-31T23:59:59.500Z"}, {}]}"#,
        r#"{"conversation_id": "c", "participant_id": "p", "handshake_id": "h", "client_instance_id": "t", "tab_epoch": 18446744073709551615,
            "marker": "m", "messages": [{"client_message_id": "1", "text": "one", "sent_time": "1969-12-31T23:59:59.500Z"}, {}]}"#,
    ] {
        assert_eq!(read::<InjectContextRequest>("InjectContext", json).unwrap(), expected);
    }
}

#[test]
fn what_is_null_or_left_out_has_its_default() {
    let nulls = r#"{"conversationId": null, "participantId": null, "resumeKey": null, "clientInstanceId": null, "attemptId": null,
        "handshakeId": null, "intent": null, "disconnectReason": null, "disconnectTime": null}"#;
    assert_eq!(validate(nulls).unwrap(), ValidateSessionRequest::default());
    assert_eq!(validate(" {} \r\n").unwrap(), ValidateSessionRequest::default());
    let nulls = r#"{"tabEpoch": null, "marker": null, "messages": null}"#;
    assert_eq!(read::<InjectContextRequest>("InjectContext", nulls).unwrap(), InjectContextRequest::default());
}

#[test]
fn numbers_may_be_texts_and_whole_fractions() {
    for (json, expected) in [("7", 7), ("\"7\"", 7), ("7.0", 7), ("7e2", 700), ("0", 0), ("-0", 0)] {
        let request: InjectContextRequest = read("InjectContext", &format!("{{\"tabEpoch\": {json}}}")).unwrap();
        assert_eq!(request.tab_epoch, expected, "{json}");
    }
    for json in [
        "-1",
        "\"-1\"",
        "1.5",
        "1e30",
        "1e20",
        "\"18446744073709551616\"",
        "\"\"",
        "\" 7\"",
        "\"7 \"",
        "true",
        "[7]",
        "{}",
    ] {
        let told = read::<InjectContextRequest>("InjectContext", &format!("{{\"tabEpoch\": {json}}}"));
        assert_eq!(told.unwrap_err().reason, Reason::MalformedRequest, "{json}");
    }
}

#[test]
fn times_are_rfc_3339_and_nothing_else() {
    for (json, expected) in [
        ("1970-01-01T00:00:00Z", (0, 0)),
        ("2026-03-07T10:00:25.123456789Z", (1_772_877_625, 123_456_789)),
        ("2026-03-07T04:30:25-05:30", (1_772_877_625, 0)),
        ("0001-01-01T00:00:00Z", (-62_135_596_800, 0)),
        ("9999-12-31T23:59:59.999999999Z", (253_402_300_799, 999_999_999)),
    ] {
        let request = validate(&json!({ "disconnectTime": json }).to_string()).unwrap();
        assert_eq!(request.disconnect_time, Some(at(expected.0, expected.1)), "{json}");
    }
    for json in [
        json!(""),
        json!("now"),
        json!("2026-03-07"),
        json!("2026-03-07T10:00:25"),
        json!("2026-03-07 10:00:25Z"),
        json!("2026-13-07T10:00:25Z"),
        json!("0000-12-31T23:59:59Z"),
        json!("10000-01-01T00:00:00Z"),
        json!(1_772_877_625),
        json!({"seconds": 1}),
        json!([]),
    ] {
        let told = validate(&json!({ "disconnectTime": json }).to_string());
        assert_eq!(told.unwrap_err().reason, Reason::MalformedRequest, "{json}");
    }
}

#[test]
fn unknown_fields_are_passed_over_and_unknown_enum_names_are_not() {
    let request =
        validate(r#"{"conversationId": "c", "colour": {"of": ["money", null]}, "intent": "HEARTBEAT", "x": 1e999}"#);
    assert!(request.is_err(), "what is passed over has to be JSON all the same");
    let request =
        validate(r#"{"conversationId": "c", "colour": {"of": ["money", null]}, "intent": "HEARTBEAT"}"#).unwrap();
    assert_eq!((request.conversation_id.as_str(), request.intent()), ("c", Intent::Heartbeat));
    let nested = r#"{"messages": [{"text": "one", "mood": "good"}]}"#;
    assert_eq!(read::<InjectContextRequest>("InjectContext", nested).unwrap().messages[0].text, "one");
    // What a newer client calls by a name we do not know must not be taken for a RESUME.
    for intent in [json!("TAKEOVER"), json!("resume"), json!(""), json!(7), json!(-1)] {
        let request = validate(&json!({"conversationId": "c", "intent": intent}).to_string()).unwrap();
        assert!(Intent::try_from(request.intent).is_err(), "{intent}");
        assert_eq!(request.conversation_id, "c");
    }
    for intent in [json!(true), json!(1.5), json!([1]), json!({})] {
        let told = validate(&json!({ "intent": intent }).to_string());
        assert_eq!(told.unwrap_err().reason, Reason::MalformedRequest, "{intent}");
    }
}

#[test]
fn enums_of_requests_stand_at_the_top_and_alone() {
    // There `refuse_unknown_names` looks for them.
    for method in ["ValidateSession", "ConfirmReattach", "InjectContext"] {
        for field in method_of(method).input().fields() {
            match field.kind() {
                Kind::Enum(_) => assert!(!field.is_list() && !field.is_map(), "{}", field.full_name()),
                Kind::Message(below) => {
                    let plain = |field: prost_reflect::FieldDescriptor| {
                        !matches!(field.kind(), Kind::Enum(_) | Kind::Message(_)) || field.name() == "sent_time"
                    };
                    assert!(below.fields().all(plain), "{}", below.full_name());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn what_is_no_message_is_refused_by_its_place_and_never_quoted() {
    for (json, place) in [
        ("", "line 1, column 0"),
        ("nonsense-secret", "line 1, column 2"),
        ("[\"secret\"]", "line 1, column 0"),
        ("\"secret\"", "line 1, column 8"),
        ("null", "line 1, column 4"),
        ("{\"conversationId\": \"secret\"", "line 1, column 27"),
        ("{\"conversationId\": \"secret\"} {}", "line 1, column 30"),
        ("{\n  \"conversationId\": [\"secret\"]\n}", "line 2, column 20"),
        ("{\"conversationId\": {\"secret\": 1}}", "line 1, column 19"),
        ("{\"conversationId\": 7}", "line 1, column 20"),
        ("{\"secret\": }", "line 1, column 12"),
        ("{\"conversationId\": \"\\ud800secret\"}", "line 1, column"),
        ("{\"disconnectTime\": \"secret\"}", "line 1, column 27"),
        ("{'conversationId': 'secret'}", "line 1, column 2"),
    ] {
        let told = validate(json).unwrap_err();
        assert_eq!(told.reason, Reason::MalformedRequest, "{json}");
        assert!(told.message.contains(place) && !told.message.contains("secret"), "{json}: {}", told.message);
    }
    let deep = format!("{{\"x\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(validate(&deep).unwrap_err().reason, Reason::MalformedRequest);
    let told = Codec::Json
        .decode::<ValidateSessionRequest>(method_of("ValidateSession").input(), b"{\"conversationId\": \"\xff\"}");
    assert_eq!(told.unwrap_err().reason, Reason::MalformedRequest);
}

#[test]
fn an_answer_tells_every_field_and_leaves_out_only_messages_that_are_not_there() {
    let empty = json!({
        "decision": "DECISION_UNSPECIFIED", "reason": "REASON_UNSPECIFIED", "route": "ROUTE_UNSPECIFIED", "handshakeId": "",
        "conversationStatus": "", "agentId": "", "queueId": "", "targetQueueId": "", "transferReason": "",
        "tabRole": "TAB_ROLE_UNSPECIFIED", "tabEpoch": "0", "replayed": false, "degraded": false,
        "source": "SOURCE_UNSPECIFIED", "undeliveredMessageIds": [], "routingAttributes": {},
    });
    assert_eq!(shown("ValidateSession", &ValidateSessionResponse::default()), empty);
    let full = ValidateSessionResponse {
        decision: 2,
        reason: 9,
        route: 5,
        handshake_id: "h".into(),
        conversation_status: "ACTIVE".into(),
        agent_id: "a".into(),
        queue_id: "q".into(),
        target_queue_id: "t".into(),
        transfer_reason: "r".into(),
        tab_role: 1,
        tab_epoch: u64::MAX,
        resumable_until_time: Some(at(1_772_877_625, 0)),
        replayed: true,
        degraded: true,
        source: 1,
        as_of_time: Some(at(1_772_877_625, 250_000_000)),
        undelivered_message_ids: vec!["m".into()],
        routing_attributes: HashMap::from([("resume".into(), "true".into())]),
    };
    let expected = json!({
        "decision": "NEW_ROUTING_REQUIRED", "reason": "NO_VALID_TOKEN", "route": "REAUTHENTICATE", "handshakeId": "h",
        "conversationStatus": "ACTIVE", "agentId": "a", "queueId": "q", "targetQueueId": "t", "transferReason": "r",
        "tabRole": "ACTIVE", "tabEpoch": "18446744073709551615", "resumableUntilTime": "2026-03-07T10:00:25Z", "replayed": true,
        "degraded": true, "source": "LIVE_READ", "asOfTime": "2026-03-07T10:00:25.250Z", "undeliveredMessageIds": ["m"],
        "routingAttributes": {"resume": "true"},
    });
    assert_eq!(shown("ValidateSession", &full), expected);

    let empty = json!({"outcome": "OUTCOME_UNSPECIFIED", "agentId": "", "resumptionCount": 0, "replayed": false});
    assert_eq!(shown("ConfirmReattach", &ConfirmReattachResponse::default()), empty);
    let full = ConfirmReattachResponse {
        outcome: 2,
        retry_delay: Some(Duration { seconds: 1, nanos: 500_000_000 }),
        agent_id: "a".into(),
        resumption_count: i32::MAX,
        last_resumption_time: Some(at(1_772_877_625, 1_000)),
        replayed: true,
    };
    let expected = json!({
        "outcome": "NOT_REATTACHED", "retryDelay": "1.500s", "agentId": "a", "resumptionCount": 2_147_483_647,
        "lastResumptionTime": "2026-03-07T10:00:25.000001Z", "replayed": true,
    });
    assert_eq!(shown("ConfirmReattach", &full), expected);

    let empty = json!({"outcome": "OUTCOME_UNSPECIFIED", "results": []});
    assert_eq!(shown("InjectContext", &InjectContextResponse::default()), empty);
    let full = InjectContextResponse {
        outcome: 3,
        marker_result: Some(Fate { client_message_id: String::new(), outcome: 2, message_id: "1".into() }),
        results: vec![Fate { client_message_id: "m".into(), outcome: 5, message_id: String::new() }],
    };
    let expected = json!({
        "outcome": "NOT_INJECTABLE",
        "markerResult": {"clientMessageId": "", "outcome": "ALREADY_PRESENT", "messageId": "1"},
        "results": [{"clientMessageId": "m", "outcome": "NOT_SUPPORTED", "messageId": ""}],
    });
    assert_eq!(shown("InjectContext", &full), expected);
}

#[test]
fn an_answer_that_json_cannot_show_is_a_bug_of_ours() {
    let answer =
        ConfirmReattachResponse { last_resumption_time: Some(at(i64::MAX, 0)), ..ConfirmReattachResponse::default() };
    let output = method_of("ConfirmReattach").output();
    assert_eq!(Codec::Json.encode(output, &answer).unwrap_err().code(), tonic::Code::Internal);
}
