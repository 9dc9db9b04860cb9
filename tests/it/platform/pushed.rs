//! What is answered by what events told.

use std::time::Duration;

use serde_json::{Value, json};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason, Route, Source};

use super::{AGENT, Guest, OTHER_QUEUE, reads, service, strike};
use crate::support::Harness;

const FOLLOWED: (&str, &str) = ("mirror.queues", "queue-support,queue-specialists");
/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until an answer is as it should be: news travel.
async fn until(
    harness: &Harness,
    request: impl Fn() -> pb::ValidateSessionRequest,
    holds: impl Fn(&pb::ValidateSessionResponse) -> bool,
) -> pb::ValidateSessionResponse {
    let asked = async {
        loop {
            let answer = harness.validate(request()).await.unwrap();
            if holds(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("in time")
}

impl Guest {
    fn look(&self) -> pb::ValidateSessionRequest {
        pb::ValidateSessionRequest { intent: Intent::Heartbeat.into(), ..self.resume() }
    }

    async fn mirrored(&self, harness: &Harness) -> pb::ValidateSessionResponse {
        until(harness, || self.look(), |answer| answer.source() == Source::Mirror).await
    }
}

#[tokio::test]
async fn a_conversation_that_is_followed_is_not_read() {
    let harness = service(&[FOLLOWED]).await;
    let guest = Guest::served(&harness);
    let known = guest.mirrored(&harness).await;
    assert_eq!((known.reason(), known.agent_id.as_str()), (Reason::Live, AGENT));
    let before = reads(&harness);
    // What happens next is told before anybody asks.
    guest.genesys.transfer(&guest.conversation, OTHER_QUEUE).unwrap();
    let moved = until(&harness, || guest.look(), |answer| answer.route() == Route::TransferQueue).await;
    assert_eq!((moved.source(), moved.target_queue_id.as_str()), (Source::Mirror, OTHER_QUEUE));
    assert!(moved.as_of_time.is_some());
    let answer = harness.validate(guest.resume()).await.unwrap();
    assert_eq!((answer.source(), answer.route()), (Source::Mirror, Route::TransferQueue));
    assert_eq!(reads(&harness), before);
    // A replay says where it came from, too.
    let again = harness.validate(guest.resume()).await.unwrap();
    assert_eq!((again.source(), again.replayed), (Source::Mirror, true));
    strike(harness).await;
}

#[tokio::test]
async fn after_a_gap_everything_is_read_once_more() {
    let harness = service(&[FOLLOWED]).await;
    let guest = Guest::served(&harness);
    guest.mirrored(&harness).await;
    assert!(harness.control.cut_channel_sockets() > 0);
    let before = reads(&harness);
    let read = until(&harness, || guest.look(), |answer| answer.source() == Source::LiveRead).await;
    assert_eq!(read.reason(), Reason::Live);
    assert!(reads(&harness) > before);
    // It is listened to again, and what was read is known from then on.
    guest.mirrored(&harness).await;
    strike(harness).await;
}

#[tokio::test]
async fn nobody_is_sent_away_by_what_events_told() {
    let harness = service(&[FOLLOWED]).await;
    let guest = Guest::served(&harness);
    guest.mirrored(&harness).await;
    guest.genesys.expire_session(&guest.conversation).unwrap();
    let gone = until(&harness, || guest.look(), |answer| answer.decision() == Decision::NewRoutingRequired).await;
    assert_eq!((gone.source(), gone.reason()), (Source::LiveRead, Reason::Ended));
    strike(harness).await;
}

#[tokio::test]
async fn messages_that_did_not_arrive_are_named() {
    let deployment = genesys_sim::SimOptions::default().deployment_id;
    let harness = service(&[FOLLOWED, ("mirror.deployments", &deployment)]).await;
    let guest = Guest::served(&harness);
    guest.mirrored(&harness).await;
    guest.genesys.set_away(&guest.conversation, true).unwrap();
    let say = |text: &str| {
        harness.advance(Duration::from_secs(1));
        guest.genesys.agent_message(&guest.conversation, text).unwrap()
    };
    let missed = ["one", "two"].map(say);
    let told = until(&harness, || guest.look(), |answer| answer.undelivered_message_ids.len() == 2).await;
    assert_eq!(told.undelivered_message_ids, missed);
    strike(harness).await;
}

/// Posts what EventBridge would.
async fn push(harness: &Harness, body: &Value) -> (u16, Value) {
    let url = format!("{}/events/genesys", harness.address);
    let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Posts everything that was published so far, some of it again.
async fn push_all(harness: &Harness) {
    for event in harness.control.events(0) {
        let (status, answer) = push(harness, &event.envelope).await;
        assert_eq!((status, &answer["refused"]), (200, &json!([])), "{answer}");
    }
}

#[tokio::test]
async fn events_that_are_posted_are_believed() {
    let harness = service(&[("mirror.webhook", "true")]).await;
    let guest = Guest::served(&harness);
    push_all(&harness).await;
    // Answers tell the time in whole seconds: one of the same second does not say whether it is later.
    harness.advance(Duration::from_secs(2));
    // What was read is known until an event tells of a change.
    for (source, read) in [(Source::LiveRead, 1), (Source::Mirror, 1)] {
        let answer = harness.validate(guest.look()).await.unwrap();
        assert_eq!((answer.source(), answer.reason(), reads(&harness)), (source, Reason::Live, read));
    }
    guest.genesys.transfer(&guest.conversation, OTHER_QUEUE).unwrap();
    push_all(&harness).await;
    let answer = harness.validate(guest.look()).await.unwrap();
    assert_eq!((answer.source(), answer.route(), reads(&harness)), (Source::LiveRead, Route::TransferQueue, 2));
    harness.advance(Duration::from_secs(2));
    harness.validate(guest.look()).await.unwrap();
    // Told again, it is no change.
    push_all(&harness).await;
    let answer = harness.validate(guest.look()).await.unwrap();
    assert_eq!((answer.source(), answer.target_queue_id.as_str()), (Source::Mirror, OTHER_QUEUE));
    strike(harness).await;
}

#[tokio::test]
async fn a_door_that_nobody_uses_stays_shut() {
    let event = json!({"topicName": "v2.detail.events.conversation.c.customer.start", "eventBody": {}});
    for settings in [&[][..], &[FOLLOWED]] {
        let harness = service(settings).await;
        let (status, answer) = push(&harness, &event).await;
        assert!((400..600).contains(&status), "{status} {answer}");
        harness.stop().await.unwrap();
    }
}
