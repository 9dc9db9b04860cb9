//! From the site's backend to the browser: a key, a token, and a session that comes back without its ids.

use http::HeaderMap;
use session_resumption::pb;
use session_resumption::pb::validate_session_response::{Decision, Reason};
use tonic::Code;

use super::ask::{Door, Protocol, path};
use super::callers::{KEYS, Known};
use crate::support::{Chat, MARKER};

const SERVICE: (&str, &str) = KEYS[0];
const ARCHITECT: (&str, &str) = KEYS[1];

/// Registers a chat and issues a token for its key.
async fn issued(known: &Known, chat: &Chat, key: &str) -> String {
    let door = Door::to(&known.harness);
    let registration = pb::RegisterSessionRequest {
        resume_key: key.to_owned(),
        conversation_id: chat.conversation.clone(),
        participant_id: chat.customer.clone(),
    };
    let registered = door.ask(Protocol::Connect, "RegisterSession", &[("x-api-key", ARCHITECT.1)], &registration).await;
    registered.message::<pb::RegisterSessionResponse>();
    let request = pb::IssueSessionTokenRequest { resume_key: key.to_owned(), ..Default::default() };
    let told = door.ask(Protocol::Grpc, "IssueSessionToken", &[("x-api-key", SERVICE.1)], &request).await;
    let issued: pb::IssueSessionTokenResponse = told.message();
    assert_eq!(issued.expire_time.unwrap().nanos, 0, "a token tells its end in whole seconds");
    issued.session_token
}

fn by_key(key: &str) -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest { resume_key: key.to_owned(), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_comes_back_by_its_key_and_never_learns_the_ids() {
    let known = Known::start(&[]).await;
    let (door, chat) = (Door::to(&known.harness), Chat::dropped(&known.harness));
    let bearer = format!("Bearer {}", issued(&known, &chat, "web-1").await);
    let asked = door.ask(Protocol::GrpcWeb, "ValidateSession", &[("authorization", &bearer)], &by_key("web-1")).await;
    let answer: pb::ValidateSessionResponse = asked.message();
    assert_eq!((answer.decision(), answer.agent_id.as_str()), (Decision::Resumable, "agent-ada"));
    let attributes = &answer.routing_attributes;
    assert_eq!((attributes["resume"].as_str(), &attributes["handshakeId"]), ("true", &answer.handshake_id));
    let told = format!("{answer:?}");
    assert!(!told.contains(&chat.conversation) && !told.contains(&chat.customer), "{told}");
    // The flow, which is trusted with them, gets them by the same key.
    let headers = [("x-api-key", ARCHITECT.1)];
    let asked = door.ask(Protocol::Connect, "ValidateSession", &headers, &by_key("web-1")).await;
    let answer: pb::ValidateSessionResponse = asked.message();
    assert_eq!(answer.routing_attributes["conversationId"], chat.conversation);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_one_session_and_no_other() {
    let known = Known::start(&[]).await;
    let door = Door::to(&known.harness);
    let (chat, other) = (Chat::dropped(&known.harness), Chat::dropped(&known.harness));
    issued(&known, &other, "web-2").await;
    let bearer = format!("Bearer {}", issued(&known, &chat, "web-1").await);
    known.harness.control.clear_ledger();
    let headers = [("authorization", bearer.as_str())];
    for foreign in [by_key("web-2"), by_key("nobodys"), other.validate_request()] {
        let told = door.ask(Protocol::GrpcWeb, "ValidateSession", &headers, &foreign).await;
        let answer: pb::ValidateSessionResponse = told.message();
        assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::SessionNotFound));
    }
    let inject = pb::InjectContextRequest {
        client_instance_id: "tab".into(),
        marker: String::new(),
        ..other.inject_request(&uuid::Uuid::new_v4().to_string(), &[("m-1", "hello")])
    };
    let told = door.ask(Protocol::GrpcWeb, "InjectContext", &headers, &inject).await;
    assert_eq!((told.code, told.reason.as_str()), (Code::NotFound, "HANDSHAKE_NOT_FOUND"));
    let marked = pb::InjectContextRequest { marker: MARKER.to_owned(), ..inject };
    let told = door.ask(Protocol::GrpcWeb, "InjectContext", &headers, &marked).await;
    assert_eq!((told.code, told.reason.as_str()), (Code::PermissionDenied, "PERMISSION_DENIED"));
    assert_eq!(known.harness.paths(), Vec::<String>::new());
    // By the ids that its key names, if it has learnt them elsewhere.
    let told = door.ask(Protocol::GrpcWeb, "ValidateSession", &headers, &chat.validate_request()).await;
    assert_eq!(told.message::<pb::ValidateSessionResponse>().decision(), Decision::Resumable);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_is_served_by_every_protocol_and_counted_by_its_name() {
    let known = Known::start(&[]).await;
    let door = Door::to(&known.harness);
    for protocol in super::ask::PROTOCOLS {
        let headers: HeaderMap = [("x-api-key".parse().unwrap(), SERVICE.1.parse().unwrap())].into_iter().collect();
        let told = door.send(protocol, &path("RegisterSession"), headers, vec![0xff; 9]).await;
        assert_eq!((told.code, told.reason.as_str()), (Code::InvalidArgument, "MALFORMED_REQUEST"), "{protocol:?}");
    }
    let counted = r#"session_resumption_rpc_duration_seconds_count{service="sessionresumption.v1.SessionRegistry",method="RegisterSession""#;
    assert!(known.harness.metric(counted) >= 3.0);
    known.harness.stop().await.unwrap();
}
