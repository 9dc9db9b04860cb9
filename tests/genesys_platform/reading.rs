//! What is read of a conversation, whatever becomes of it.

use genesys_sim::{Route, SimOptions};
use serde_json::Value;
use session_resumption::domain::ids::{ConversationId, MessageId, ParticipantId};
use session_resumption::domain::snapshot::Status;
use session_resumption::ports::{Conversations, UpstreamError};

use crate::support::{AGENT, OTHER_QUEUE, Plan, QUEUE, Rig, SECOND, body, soon};

#[tokio::test]
async fn a_chat_is_read_by_one_request() {
    let rig = Rig::new().await;
    let reading = rig.read().await.unwrap();
    assert!((rig.control.now() - reading.date.unwrap()).get_seconds() <= 2);
    let snapshot = reading.found.unwrap();
    assert_eq!((snapshot.status, &*snapshot.status_text), (Status::Active, "ACTIVE"));
    assert_eq!(snapshot.conversation, rig.id);
    assert!(snapshot.is_attached(&ParticipantId::parse(&rig.created.customer_id).unwrap()));
    assert_eq!((snapshot.agent_id(), snapshot.queue_id()), (Some(AGENT), Some(QUEUE)));
    assert_eq!(snapshot.contact_id.as_deref(), Some(&*rig.created.external_contact_id));
    assert_eq!((rig.count(Route::AnyApi), rig.count(Route::PlatformRead)), (1, 1));
    rig.assert_described();
}

#[tokio::test]
async fn each_move_of_the_platform_has_its_status() {
    let rig = Rig::new().await;
    let id = rig.id.as_str();
    rig.platform.park(id, 60 * SECOND).unwrap();
    assert_eq!(rig.snapshot().await.status, Status::Parked);
    rig.platform.unpark(id).unwrap();
    rig.platform.transfer(id, OTHER_QUEUE).unwrap();
    let snapshot = rig.snapshot().await;
    assert_eq!((snapshot.status, snapshot.target_queue_id.as_deref()), (Status::Transfer, Some(OTHER_QUEUE)));
    rig.platform.complete_transfer(id, AGENT).unwrap();
    assert_eq!(rig.snapshot().await.status, Status::Active);
    rig.platform.inactivity(id).unwrap();
    assert_eq!(rig.snapshot().await.status, Status::Reroute);
    rig.platform.answer(id, AGENT).unwrap();
    rig.platform.agent_ends(id).unwrap();
    assert_eq!(rig.snapshot().await.status, Status::Disconnected);
    rig.control.advance(73 * 60 * 60 * SECOND);
    // The answer's date decides, not our own clock.
    assert_eq!(rig.snapshot().await.status, Status::Terminated);
    rig.assert_described();
}

#[tokio::test]
async fn the_fixtures_are_read_as_they_are_meant() {
    let start_time = Some("2026-05-15T14:12:00Z".parse().unwrap());
    let plan = Plan { sim: SimOptions { start_time, ..Plan::default().sim }, ..Plan::default() };
    let rig = plan.build().await;
    for (fixture, status) in [
        (include_str!("../genesys/fixtures/message_conversation.active_with_agent.json"), Status::Active),
        (include_str!("../genesys/fixtures/message_conversation.offered_to_agent.json"), Status::Queue),
        (include_str!("../genesys/fixtures/message_conversation.parked.json"), Status::Parked),
        (include_str!("../genesys/fixtures/message_conversation.queued.json"), Status::Queue),
        (include_str!("../genesys/fixtures/message_conversation.transfer_in_progress.json"), Status::Transfer),
        (include_str!("../genesys/fixtures/message_conversation.all_disconnected_by_agent.json"), Status::Disconnected),
        (include_str!("../genesys/fixtures/message_conversation.session_expired.json"), Status::Terminated),
    ] {
        let fixture: Value = serde_json::from_str(fixture).unwrap();
        let id = ConversationId::parse(fixture["id"].as_str().unwrap()).unwrap();
        rig.platform.put(id.as_str(), fixture);
        let snapshot = rig.genesys.read(&id, soon()).await.unwrap().found.unwrap();
        assert_eq!(snapshot.status, status);
        assert_eq!(snapshot.attributes["context.resumeKey"], "rk-1");
    }
    rig.assert_described();
}

#[tokio::test]
async fn only_genesys_itself_says_that_there_is_none() {
    let rig = Rig::new().await;
    let unknown = ConversationId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let reading = rig.genesys.read(&unknown, soon()).await.unwrap();
    assert!(reading.found.is_none() && reading.date.is_some());
    assert!(rig.genesys.read_with_metadata(&unknown, soon()).await.unwrap().found.is_none());
    for (status, text) in [
        (404, "<html>Not Found</html>"),
        (200, ""),
        (200, "{}"),
        (200, r#"{"id": "other", "participants": []}"#),
        (200, "[]"),
    ] {
        rig.fault(Route::PlatformRead, 1, body(status, text));
        let error = rig.read().await.unwrap_err();
        assert!(matches!(error, UpstreamError::Malformed(_)), "{text}: {error:?}");
    }
    let nobody = format!(r#"{{"id": "{}", "participants": []}}"#, rig.id);
    rig.fault(Route::PlatformRead, 1, body(200, &nobody));
    assert_eq!(rig.read().await, Err(UpstreamError::Malformed("the conversation shows no customer")));
    rig.assert_described();
}

#[tokio::test]
async fn a_message_leads_to_its_conversation() {
    let rig = Rig::new().await;
    let said = rig.platform.customer_message(rig.id.as_str(), "hello").unwrap();
    let message = MessageId::parse(&said.message_id).unwrap();
    assert_eq!(rig.genesys.conversation_of(&message, soon()).await, Ok(Some(rig.id.clone())));
    let unknown = MessageId::parse("0123456789abcdef0123456789abcdef").unwrap();
    assert_eq!(rig.genesys.conversation_of(&unknown, soon()).await, Ok(None));
    rig.fault(Route::PlatformMessageDetails, 1, body(200, "{}"));
    assert!(matches!(rig.genesys.conversation_of(&message, soon()).await, Err(UpstreamError::Malformed(_))));
    rig.assert_described();
}
