//! The same calls by plain HTTP: the Connect protocol's unary form, as curl and Genesys Data Actions send it.

mod alike;
mod bad_input;
mod deadlines;
mod door;
mod errors;

use genesys_sim::Route;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use prost::Message as _;
use serde_json::json;
use session_resumption::pb;
use session_resumption::pb::FILE_DESCRIPTOR_SET;
use session_resumption::pb::inject_context_response::Outcome;

use crate::support::wire::{CONFIRM, INJECT, VALIDATE};
use crate::support::{Chat, Harness, MARKER};
use door::{Answer, Door, JSON};

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_comes_back_by_json_alone() {
    let harness = Harness::start().await;
    for door in [Door::to(&harness), Door::by_http2(&harness)] {
        let chat = Chat::dropped(&harness);
        let pair = json!({"conversationId": chat.conversation, "participantId": chat.customer});

        let validated = door.json(VALIDATE, &pair).await.ok();
        let handshake = validated["handshakeId"].as_str().unwrap();
        assert_eq!(validated["decision"], "RESUMABLE");
        assert_eq!(validated["reason"], "WITHIN_WINDOW");
        assert_eq!(validated["route"], "REATTACH_AGENT");
        assert_eq!(validated["agentId"], "agent-ada");
        assert_eq!(validated["tabRole"], "TAB_ROLE_UNSPECIFIED");
        assert_eq!(validated["tabEpoch"], "0");
        assert_eq!((&validated["replayed"], &validated["degraded"]), (&json!(false), &json!(false)));
        assert_eq!(validated["undeliveredMessageIds"], json!([]));
        assert_eq!(validated["routingAttributes"]["handshakeId"], handshake);
        for time in ["asOfTime", "resumableUntilTime"] {
            assert!(validated[time].as_str().is_some_and(|time| time.ends_with('Z')), "{time}: {validated}");
        }

        let ids =
            json!({"conversationId": chat.conversation, "participantId": chat.customer, "handshakeId": handshake});
        let early = door.json(CONFIRM, &ids).await.ok();
        assert_eq!(early["outcome"], "NOT_REATTACHED");
        assert_eq!(early["retryDelay"], "1s");
        assert_eq!(early.get("lastResumptionTime"), None);
        harness.control.attach(&chat.conversation, None).unwrap();
        let confirmed = door.json(CONFIRM, &ids).await.ok();
        assert_eq!((&confirmed["outcome"], &confirmed["resumptionCount"]), (&json!("CONFIRMED"), &json!(1)));
        assert!(confirmed["lastResumptionTime"].as_str().unwrap().ends_with('Z'), "{confirmed}");

        let mut inject = ids.clone();
        inject["marker"] = json!(MARKER);
        inject["messages"] =
            json!([{"clientMessageId": "m-1", "text": "I'm \"back\" 💬", "sentTime": "2026-03-07T10:00:25Z"}]);
        let injected = door.json(INJECT, &inject).await.ok();
        assert_eq!(injected["outcome"], "COMPLETE");
        assert_eq!(injected["markerResult"]["outcome"], "INJECTED");
        assert_eq!(injected["results"][0]["clientMessageId"], "m-1");
        let again = door.json(INJECT, &inject).await.ok();
        assert_eq!(again["results"][0]["outcome"], "ALREADY_PRESENT");
        assert_eq!(chat.transcript(), [MARKER, "I'm \"back\" 💬"]);
        assert_eq!((chat.count(), chat.calls(Route::PostMessage)), (1, 2));
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_comes_back_by_protobuf_alone() {
    let harness = Harness::start().await;
    let door = Door::to(&harness);
    let chat = Chat::dropped(&harness);
    let validated: pb::ValidateSessionResponse = door.proto(VALIDATE, &chat.validate_request()).await.message();
    harness.control.attach(&chat.conversation, None).unwrap();
    let request = chat.confirm_request(&validated.handshake_id);
    let confirmed: pb::ConfirmReattachResponse = door.proto(CONFIRM, &request).await.message();
    assert_eq!(confirmed.resumption_count, 1);
    let request = chat.inject_request(&validated.handshake_id, &[("m-1", "hello")]);
    let injected: pb::InjectContextResponse = door.proto(INJECT, &request).await.message();
    assert_eq!(injected.outcome(), Outcome::Complete);
    // An empty body is an empty message: refused for what it lacks.
    let empty = door.proto(VALIDATE, &pb::ValidateSessionRequest::default()).await;
    assert_eq!(empty.refused(StatusCode::BAD_REQUEST, "invalid_argument").reason(), "INVALID_ID");
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_protocols_share_handshakes() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let by_grpc = chat.validate().await.unwrap();
    let pair = json!({"conversationId": chat.conversation, "participantId": chat.customer});
    let by_json = Door::to(&harness).json(VALIDATE, &pair).await.ok();
    assert_eq!(by_json["handshakeId"], by_grpc.handshake_id.as_str());
    assert_eq!(by_json["replayed"], true);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_the_contract_is_there() {
    let harness = Harness::start().await;
    let door = Door::to(&harness);
    let contract = prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let files = contract.file.iter().filter(|file| file.package() == "sessionresumption.v1");
    let services: Vec<_> = files.flat_map(|file| &file.service).collect();
    assert_eq!(services.iter().map(|service| service.method.len()).collect::<Vec<_>>(), [3, 2]);
    for service in services {
        for method in &service.method {
            let path = format!("/sessionresumption.v1.{}/{}", service.name(), method.name());
            let refused = Answer::of(door.request(Method::POST, &path).header(CONTENT_TYPE, JSON).body("{}")).await;
            assert_eq!(refused.refused(StatusCode::BAD_REQUEST, "invalid_argument").reason(), "INVALID_ID", "{path}");
        }
    }
    harness.stop().await.unwrap();
}
