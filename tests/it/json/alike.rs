//! Whatever one protocol refuses, the other refuses in the same words.

use http::StatusCode;
use http::header::CONTENT_TYPE;
use prost::Message as _;
use serde_json::{Value, json};
use session_resumption::pb;
use session_resumption::pb::inject_context_request::Message;
use session_resumption::pb::{ConfirmReattachRequest, InjectContextRequest, ValidateSessionRequest};
use tonic::{Code, Status};

use super::door::{Answer, Door, PROTO};
use crate::support::wire::{CONFIRM, INJECT, VALIDATE, Wire, frame};
use crate::support::{Chat, Harness, Refusal};

const UUID: &str = "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11";

/// A wrong request, in both forms.
struct Case {
    method: &'static str,
    proto: Vec<u8>,
    json: Value,
}

fn validate(request: &ValidateSessionRequest, json: Value) -> Case {
    Case { method: VALIDATE, proto: request.encode_to_vec(), json }
}

fn confirm(request: &ConfirmReattachRequest, json: Value) -> Case {
    Case { method: CONFIRM, proto: request.encode_to_vec(), json }
}

fn inject(request: &InjectContextRequest, json: Value) -> Case {
    Case { method: INJECT, proto: request.encode_to_vec(), json }
}

/// One and more bad fields of every method, and handshakes that do not exist.
fn cases() -> Vec<Case> {
    let ids = |conversation: &str, participant: &str, handshake: &str| {
        let (conversation_id, participant_id) = (conversation.to_owned(), participant.to_owned());
        ConfirmReattachRequest { conversation_id, participant_id, handshake_id: handshake.to_owned() }
    };
    let pair = || ValidateSessionRequest {
        conversation_id: "c".into(),
        participant_id: "p".into(),
        ..ValidateSessionRequest::default()
    };
    let message =
        |id: &str, text: &str| Message { client_message_id: id.to_owned(), text: text.to_owned(), sent_time: None };
    let long = "💬".repeat(4_097);
    let many = vec![message("m", "x"); 51];
    let all = |messages: Vec<Message>, marker: &str| InjectContextRequest {
        conversation_id: "c".into(),
        participant_id: "p".into(),
        handshake_id: UUID.into(),
        marker: marker.to_owned(),
        messages,
        ..InjectContextRequest::default()
    };
    vec![
        validate(&ValidateSessionRequest::default(), json!({})),
        validate(
            &ValidateSessionRequest { conversation_id: "a/b".into(), participant_id: "ä".into(), ..pair() },
            json!({"conversationId": "a/b", "participantId": "ä"}),
        ),
        validate(
            &ValidateSessionRequest { resume_key: "k".into(), attempt_id: "x".into(), intent: 7, ..pair() },
            json!({"conversationId": "c", "participantId": "p", "resumeKey": "k", "attemptId": "x", "intent": 7}),
        ),
        validate(
            &ValidateSessionRequest { intent: 9, ..pair() },
            json!({"conversationId": "c", "participantId": "p", "intent": "TAKEOVER"}),
        ),
        validate(
            &ValidateSessionRequest { intent: 3, disconnect_reason: "x".repeat(257), ..pair() },
            json!({"conversationId": "c", "participantId": "p", "intent": "TAKE_OVER", "disconnectReason": "x".repeat(257)}),
        ),
        validate(
            &ValidateSessionRequest { handshake_id: UUID.into(), ..pair() },
            json!({"conversationId": "c", "participantId": "p", "handshakeId": UUID}),
        ),
        validate(
            &ValidateSessionRequest { intent: 3, client_instance_id: "t".into(), ..pair() },
            json!({"conversationId": "c", "participantId": "p", "intent": 3, "clientInstanceId": "t"}),
        ),
        confirm(&ConfirmReattachRequest::default(), json!({})),
        confirm(
            &ids("c", "..", "not-a-uuid"),
            json!({"conversationId": "c", "participantId": "..", "handshakeId": "not-a-uuid"}),
        ),
        confirm(&ids("c", "p", UUID), json!({"conversationId": "c", "participantId": "p", "handshakeId": UUID})),
        inject(&InjectContextRequest::default(), json!({"messages": []})),
        inject(
            &all(vec![message("", ""), message("a", "x"), message("a", &long)], &long),
            json!({
                "conversationId": "c", "participantId": "p", "handshakeId": UUID, "marker": long, "messages": [
                    {}, {"clientMessageId": "a", "text": "x"}, {"client_message_id": "a", "text": long},
                ],
            }),
        ),
        inject(
            &all(many, ""),
            json!({
                "conversation_id": "c", "participant_id": "p", "handshake_id": UUID,
                "messages": vec![json!({"clientMessageId": "m", "text": "x"}); 51],
            }),
        ),
        inject(
            &all(vec![message("m", "x")], ""),
            json!({
                "conversationId": "c", "participantId": "p", "handshakeId": UUID, "tabEpoch": "0",
                "messages": [{"clientMessageId": "m", "text": "x"}],
            }),
        ),
    ]
}

/// What a gRPC status holds: code, message, and its details by name and bytes.
fn told(status: &Status) -> (Code, String, Vec<(String, Vec<u8>)>) {
    let details = tonic_types::pb::Status::decode(status.details()).unwrap().details.into_iter();
    let details = details.map(|any| (any.type_url.rsplit('/').next().unwrap().to_owned(), any.value));
    (status.code(), status.message().to_owned(), details.collect())
}

fn connect(code: Code) -> (StatusCode, &'static str) {
    match code {
        Code::InvalidArgument => (StatusCode::BAD_REQUEST, "invalid_argument"),
        Code::NotFound => (StatusCode::NOT_FOUND, "not_found"),
        Code::FailedPrecondition => (StatusCode::BAD_REQUEST, "failed_precondition"),
        code => panic!("{code:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_alike_by_grpc_protobuf_and_json() {
    let harness = Harness::start().await;
    harness.control.clear_ledger();
    let (wire, door) = (Wire::to(&harness), Door::to(&harness));
    for (index, case) in cases().into_iter().enumerate() {
        let by_grpc = wire.send(case.method, None, frame(&case.proto)).await;
        let (code, message, details) = told(&by_grpc);
        let (http, name) = connect(code);
        let by_json = door.json(case.method, &case.json).await.refused(http, name);
        let by_proto = door.post(case.method).header(CONTENT_TYPE, PROTO).body(case.proto);
        let by_proto = Answer::of(by_proto).await.refused(http, name);
        for (form, refused) in [("json", by_json), ("proto", by_proto)] {
            assert_eq!(refused.0["message"], message.as_str(), "{index} {form}");
            assert_eq!(refused.details(), details, "{index} {form}");
            assert_eq!(refused.reason(), Refusal::of(&by_grpc).reason, "{index} {form}");
            let fields =
                refused.detail("google.rpc.BadRequest").map(|bad| bad["fieldViolations"].as_array().unwrap().len());
            assert_eq!(fields.unwrap_or_default(), Refusal::of(&by_grpc).fields.len(), "{index} {form}");
        }
    }
    assert_eq!(harness.paths(), Vec::<String>::new());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_the_same_in_every_form() {
    let harness = Harness::start().await;
    let (chat, door) = (Chat::dropped(&harness), Door::to(&harness));
    chat.validate().await.unwrap();
    let by_grpc = chat.validate().await.unwrap();
    let by_proto: pb::ValidateSessionResponse = door.proto(VALIDATE, &chat.validate_request()).await.message();
    let request = json!({"conversationId": chat.conversation, "participantId": chat.customer});
    let by_json = door.json(VALIDATE, &request).await.ok();
    assert_eq!(by_proto, by_grpc);
    assert_eq!(by_json["decision"], by_grpc.decision().as_str_name());
    assert_eq!(by_json["asOfTime"], by_grpc.as_of_time.unwrap().to_string());
    assert_eq!(by_json["resumableUntilTime"], by_grpc.resumable_until_time.unwrap().to_string());
    assert_eq!(by_json["routingAttributes"], json!(by_grpc.routing_attributes));
    harness.stop().await.unwrap();
}
