//! Requests that are too large, or are no requests at all, are refused and harm nobody else.

use genesys_sim::Route;
use prost::Message as _;
use session_resumption::pb;
use session_resumption::pb::inject_context_request::Message;
use tonic::Code;

use super::{nothing_was_asked, quiet, uuid};
use crate::support::wire::{INJECT, VALIDATE, Wire, frame};
use crate::support::{Chat, Harness, Refusal};

const MIB: usize = 1024 * 1024;

fn padded(to: usize) -> pb::InjectContextRequest {
    let mut request = pb::InjectContextRequest {
        conversation_id: "conversation".into(),
        participant_id: "participant".into(),
        handshake_id: uuid(),
        marker: "x".repeat(to),
        ..pb::InjectContextRequest::default()
    };
    request.marker.truncate(2 * to - request.encoded_len());
    assert_eq!(request.encoded_len(), to);
    request
}

#[tokio::test]
async fn a_request_of_a_mebibyte_is_read_and_one_byte_more_is_not() {
    let harness = quiet().await;
    let read = harness.inject(padded(MIB)).await.unwrap_err();
    assert_eq!(Refusal::of(&read).reason, "TEXT_TOO_LONG");
    for size in [MIB + 1, 3 * MIB, 20 * MIB] {
        let status = harness.inject(padded(size)).await.unwrap_err();
        assert!(!matches!(status.code(), Code::Ok | Code::Internal | Code::Unknown), "{size}: {status:?}");
    }
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn whoever_shares_the_connection_with_a_giant_is_served() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let giants = futures_util::future::join_all((0..5).map(|_| harness.inject(padded(5 * MIB))));
    let (giants, small) = tokio::join!(giants, chat.validate());
    assert!(giants.iter().all(Result::is_err));
    assert!(!small.unwrap().handshake_id.is_empty());
    assert!(chat.validate().await.unwrap().replayed);
    assert_eq!(harness.control.calls(Route::AnyApi).len(), 1);
    harness.stop().await.unwrap();
}

/// The proto file: "Every error carries a `google.rpc.ErrorInfo`".
#[tokio::test]
async fn a_request_beyond_the_limit_is_refused_with_a_reason() {
    let harness = quiet().await;
    let status = harness.inject(padded(MIB + 1)).await.unwrap_err();
    Refusal::of(&status);
    nothing_was_asked(harness).await;
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_and_reach_nobody() {
    let harness = quiet().await;
    let wire = Wire::to(&harness);
    for body in garbage() {
        let status = wire.send(VALIDATE, None, body.clone()).await;
        assert!(!matches!(status.code(), Code::Ok), "{body:?}: {status:?}");
    }
    nothing_was_asked(harness).await;
}

/// `ErrorCatalog`: INTERNAL "tells that this service has a bug", which bytes of a caller's must not be able to claim.
#[tokio::test]
async fn bytes_that_are_no_message_are_not_called_a_bug_of_ours() {
    let harness = quiet().await;
    let wire = Wire::to(&harness);
    for body in garbage() {
        let status = wire.send(VALIDATE, None, body.clone()).await;
        assert!(!matches!(status.code(), Code::Internal | Code::Unknown), "{body:?}: {status:?}");
    }
    nothing_was_asked(harness).await;
}

fn garbage() -> Vec<Vec<u8>> {
    let not_utf8 = [0x0a, 2, 0xc3, 0x28];
    let wrong_type = [0x08, 1];
    let cut_short = [0x0a, 200, b'x'];
    vec![
        frame(&not_utf8),
        frame(&wrong_type),
        frame(&cut_short),
        frame(&[0xff; 64]),
        // A frame that promises more than it brings, one that is no frame, and none.
        vec![0, 0, 0, 0, 9, 0x0a],
        vec![0, 0],
        Vec::new(),
        // A compressed frame, though no compression was agreed on.
        vec![1, 0, 0, 0, 0],
    ]
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let mut message = chat.validate_request().encode_to_vec();
    // Field 999, of a later version of the contract.
    message.extend([0xba, 0x3e, 3, b'n', b'e', b'w']);
    let status = Wire::to(&harness).send(VALIDATE, None, frame(&message)).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

/// gRPC clients limit the headers they read, and an error stands in headers: 8 KiB is the default of Java's and of the
/// C library that Python, Ruby and C# are built on. Beyond it the caller learns nothing of the cause.
#[tokio::test]
async fn the_longest_list_of_faults_is_no_more_than_clients_read() {
    let harness = quiet().await;
    let text = "x".repeat(4_097);
    let message = |index| Message { client_message_id: format!("/{index}"), text: text.clone(), sent_time: None };
    let request = pb::InjectContextRequest {
        conversation_id: "/".into(),
        participant_id: "/".into(),
        handshake_id: "/".into(),
        client_instance_id: "/".into(),
        marker: text.clone(),
        messages: (0..50).map(message).collect(),
        ..pb::InjectContextRequest::default()
    };
    let status = Wire::to(&harness).call(INJECT, None, &request).await;
    let refusal = Refusal::of(&status);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "INVALID_ID"));
    let on_the_wire = status.details().len().div_ceil(3) * 4 + status.message().len();
    assert!(on_the_wire < 8_000, "{} fields take {on_the_wire} bytes", refusal.fields.len());
    nothing_was_asked(harness).await;
}
