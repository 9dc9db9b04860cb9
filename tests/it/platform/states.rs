//! What each state of a conversation is answered with.

use std::time::Duration;

use genesys_sim::SimOptions;
use serde_json::json;
use session_resumption::pb::confirm_reattach_response::Outcome;
use session_resumption::pb::validate_session_response::{Decision, Reason, Route, Source};

use super::{AGENT, Guest, OTHER_QUEUE, QUEUE, service, service_of, strike};

#[tokio::test]
async fn a_drop_that_the_platform_does_not_see_is_resumed_and_counted() {
    let harness = service(&[]).await;
    let guest = Guest::served(&harness);
    guest.genesys.set_away(&guest.conversation, true).unwrap();
    let answer = harness.validate(guest.resume()).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::Resumable, Reason::Live));
    assert_eq!((answer.route(), answer.agent_id.as_str()), (Route::ReattachAgent, AGENT));
    assert_eq!((answer.conversation_status.as_str(), answer.queue_id.as_str()), ("ACTIVE", QUEUE));
    assert_eq!(answer.source(), Source::LiveRead);
    for replayed in [false, true] {
        let confirmed = harness.confirm(guest.confirm(&answer.handshake_id)).await.unwrap();
        assert_eq!((confirmed.outcome(), confirmed.replayed), (Outcome::Confirmed, replayed));
        assert_eq!((confirmed.agent_id.as_str(), confirmed.resumption_count), (AGENT, 1));
    }
    assert_eq!(guest.attribute(&harness, "resumptionCount").as_deref(), Some("1"));
    assert!(guest.attribute(&harness, "lastResumptionTimestamp").is_some_and(|time| time.ends_with('Z')));
    strike(harness).await;
}

#[tokio::test]
async fn whoever_waits_goes_on_waiting_and_is_not_attached_before_somebody_answers() {
    let harness = service(&[]).await;
    let guest = Guest::waiting(&harness);
    // Being offered to an agent is still waiting.
    guest.genesys.offer(&guest.conversation, AGENT).unwrap();
    let answer = harness.validate(guest.resume()).await.unwrap();
    assert_eq!((answer.reason(), answer.route()), (Reason::InQueue, Route::WaitInQueue));
    assert_eq!((answer.conversation_status.as_str(), answer.queue_id.as_str()), ("QUEUE", QUEUE));
    let early = harness.confirm(guest.confirm(&answer.handshake_id)).await.unwrap();
    assert_eq!(early.outcome(), Outcome::NotReattached);
    guest.genesys.answer(&guest.conversation, AGENT).unwrap();
    let confirmed = harness.confirm(guest.confirm(&answer.handshake_id)).await.unwrap();
    assert_eq!((confirmed.outcome(), confirmed.agent_id.as_str()), (Outcome::Confirmed, AGENT));
    strike(harness).await;
}

#[tokio::test]
async fn a_transfer_leads_to_its_queue_and_a_parked_chat_to_its_agent() {
    let harness = service(&[]).await;
    let moved = Guest::served(&harness);
    moved.genesys.transfer(&moved.conversation, OTHER_QUEUE).unwrap();
    let answer = harness.validate(moved.resume()).await.unwrap();
    assert_eq!((answer.reason(), answer.route()), (Reason::InTransfer, Route::TransferQueue));
    assert_eq!((answer.target_queue_id.as_str(), answer.transfer_reason.as_str()), (OTHER_QUEUE, ""));

    let parked = Guest::served(&harness);
    parked.genesys.park(&parked.conversation, Duration::from_mins(10)).unwrap();
    let answer = harness.validate(parked.resume()).await.unwrap();
    assert_eq!((answer.reason(), answer.route()), (Reason::Live, Route::ReattachAgent));
    assert_eq!((answer.conversation_status.as_str(), answer.agent_id.as_str()), ("PARKED", AGENT));

    let left = Guest::served(&harness);
    left.genesys.inactivity(&left.conversation).unwrap();
    let answer = harness.validate(left.resume()).await.unwrap();
    assert_eq!((answer.reason(), answer.route()), (Reason::InQueue, Route::WaitInQueue));
    assert_eq!(answer.conversation_status, "REROUTE");
    strike(harness).await;
}

#[tokio::test]
async fn what_has_ended_can_be_resumed_for_as_long_as_a_message_reopens_it() {
    let timeline = Duration::from_mins(30);
    let options = SimOptions { threading_timeline: timeline, ..SimOptions::default() };
    let harness = service_of(options, &[("platform.threading_timeline", "30m"), ("handshake.replay_ttl", "1s")]).await;
    let guest = Guest::served(&harness);
    guest.genesys.agent_ends(&guest.conversation).unwrap();
    harness.advance(Duration::from_secs(30 * 60 - 2));
    let answer = harness.validate(guest.resume()).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::Resumable, Reason::WithinWindow));
    assert!(answer.resumable_until_time.is_some());

    // The message that brings the customer back opens new legs of the same conversation.
    let said = guest.genesys.customer_message(&guest.conversation, "hello again").unwrap();
    assert_eq!(said.conversation_id, guest.conversation);

    let late = Guest::served(&harness);
    late.genesys.agent_ends(&late.conversation).unwrap();
    harness.advance(timeline + Duration::from_secs(2));
    let answer = harness.validate(late.resume()).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::Ended));
    assert_eq!((answer.agent_id.as_str(), answer.handshake_id.as_str()), ("", ""));

    let expired = Guest::served(&harness);
    expired.genesys.expire_session(&expired.conversation).unwrap();
    let answer = harness.validate(expired.resume()).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::Ended));
    strike(harness).await;
}

#[tokio::test]
async fn what_nobody_knows_is_not_found_and_what_nobody_understands_is_resumed() {
    let harness = service(&[]).await;
    let guest = Guest::served(&harness);
    let stranger =
        session_resumption::pb::ValidateSessionRequest { participant_id: "stranger".into(), ..guest.resume() };
    let nowhere =
        session_resumption::pb::ValidateSessionRequest { conversation_id: "nowhere".into(), ..guest.resume() };
    for request in [stranger, nowhere] {
        let answer = harness.validate(request).await.unwrap();
        assert_eq!((answer.decision(), answer.reason()), (Decision::NewRoutingRequired, Reason::SessionNotFound));
    }
    // Enumerations grow.
    let body = json!({"id": "strange", "participants": [
        {"id": "customer", "purpose": "customer", "state": "teleporting", "startTime": "2026-05-15T14:00:00.000Z"},
        {"id": "agent", "purpose": "hologram", "state": "humming", "disconnectType": "evaporated"},
    ]});
    harness.control.platform().put("strange", body);
    let request = session_resumption::pb::ValidateSessionRequest {
        conversation_id: "strange".into(),
        participant_id: "customer".into(),
        ..guest.resume()
    };
    let answer = harness.validate(request).await.unwrap();
    assert_eq!(answer.decision(), Decision::Resumable, "{answer:?}");
    harness.stop().await.unwrap();
}
