//! Sessions by the names that the platform's pages can know.

use session_resumption::pb;
use session_resumption::pb::validate_session_response::{Decision, Reason};

use super::{AGENT, Guest, service, strike};
use crate::support::Harness;

fn by_message(id: &str) -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest { message_id: id.to_owned(), ..pb::ValidateSessionRequest::default() }
}

#[tokio::test]
async fn any_message_names_its_session() {
    let harness = service(&[]).await;
    let guest = Guest::served(&harness);
    let said = guest.genesys.customer_message(&guest.conversation, "hello").unwrap();
    let told = guest.genesys.agent_message(&guest.conversation, "hello yourself").unwrap();
    let by_name = harness.validate(guest.resume()).await.unwrap();
    for message in [&said.message_id, &told] {
        let answer = harness.validate(by_message(message)).await.unwrap();
        assert_eq!((answer.decision(), answer.agent_id.as_str()), (Decision::Resumable, AGENT));
        assert_eq!(answer.handshake_id, by_name.handshake_id);
        assert_eq!(answer.routing_attributes["conversationId"], guest.conversation);
        assert_eq!(answer.routing_attributes["participantId"], guest.customer);
    }
    let answer = harness.validate(by_message("no-such-message")).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::SessionNotFound));
    strike(harness).await;
}

#[tokio::test]
async fn the_guide_knows_no_session_by_a_message() {
    let harness = Harness::start().await;
    let answer = harness.validate(by_message("m-1")).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::SessionNotFound));
    assert_eq!(harness.paths(), ["/oauth/token"]);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_registered_key_leads_to_the_platforms_conversation() {
    let harness = service(&[]).await;
    let guest = Guest::served(&harness);
    let request = pb::RegisterSessionRequest {
        resume_key: "key-1".into(),
        conversation_id: guest.conversation.clone(),
        participant_id: guest.customer.clone(),
    };
    harness.register(request).await.unwrap();
    let request = pb::ValidateSessionRequest { resume_key: "key-1".into(), ..pb::ValidateSessionRequest::default() };
    let answer = harness.validate(request).await.unwrap();
    assert_eq!((answer.decision(), answer.agent_id.as_str()), (Decision::Resumable, AGENT));
    strike(harness).await;
}
