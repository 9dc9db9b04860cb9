//! A HEARTBEAT judges and opens nothing; what it read serves the RESUME that follows.

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason, TabRole};
use tonic::Code;

use crate::support::{Chat, Harness, Refusal};
use crate::topology::REPLICAS;

fn heartbeat(chat: &Chat) -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest { intent: Intent::Heartbeat.into(), ..chat.validate_request() }
}

#[tokio::test]
async fn a_resume_right_after_a_heartbeat_costs_no_second_read() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    // A flow calls so too: it is no tab and has no part.
    let seen = chat.send(heartbeat(&chat)).await.unwrap();
    assert_eq!((seen.decision(), seen.reason()), (Decision::Resumable, Reason::WithinWindow));
    assert_eq!((seen.handshake_id.as_str(), seen.replayed), ("", false));
    assert_eq!((seen.tab_role(), seen.tab_epoch), (TabRole::Unspecified, 0));
    assert!(!seen.routing_attributes.contains_key("handshakeId"));

    let resumed = chat.validate().await.unwrap();
    assert!(!resumed.handshake_id.is_empty() && !resumed.replayed);
    assert_eq!((resumed.reason(), resumed.as_of_time), (seen.reason(), seen.as_of_time));
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn heartbeats_cost_at_most_a_read_each_and_none_while_a_replica_has_one_under_way() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let slow = Fault::Delay { ms: 300, after_effect: false };
    let times = u32::try_from(REPLICAS).unwrap();
    harness.control.script_fault(FaultScript { route: Route::Read, times, skip: 0, fault: slow }).unwrap();
    let answers = join_all((0..20).map(|_| chat.send(heartbeat(&chat)))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().reason() == Reason::WithinWindow));
    assert_eq!(chat.calls(Route::Read), REPLICAS);
    for more in 1..=3 {
        chat.send(heartbeat(&chat)).await.unwrap();
        assert!(chat.calls(Route::Read) <= REPLICAS + more);
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_seats_the_tab_that_sends_it() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab-1", Intent::Heartbeat).await.unwrap();
    let second = chat.validate_as("tab-2", Intent::Heartbeat).await.unwrap();
    let epoch = first.tab_epoch;
    assert!(first.tab_role() == TabRole::Active && epoch > 0, "{first:?}");
    assert_eq!((second.tab_role(), second.tab_epoch), (TabRole::Suspended, epoch));
    let resumed = chat.validate_as("tab-2", Intent::Resume).await.unwrap();
    assert_eq!((resumed.tab_role(), resumed.tab_epoch), (TabRole::Suspended, epoch));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_does_not_make_a_handshake_to_confirm() {
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    chat.send(heartbeat(&chat)).await.unwrap();
    let refusal = Refusal::of(&chat.confirm(&uuid::Uuid::new_v4().to_string()).await.unwrap_err());
    assert_eq!(refusal, Refusal::plain(Code::NotFound, "HANDSHAKE_NOT_FOUND"));
    assert_eq!(chat.count(), 0);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_of_no_session_is_answered_and_seats_nobody() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    harness.control.terminate(&chat.conversation).unwrap();
    let seen = chat.validate_as("tab", Intent::Heartbeat).await.unwrap();
    assert_eq!((seen.decision(), seen.reason()), (Decision::NewRoutingRequired, Reason::Ended));
    assert_eq!((seen.tab_role(), seen.tab_epoch), (TabRole::Unspecified, 0));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_during_a_handshake_leaves_it_as_it_is() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    chat.send(heartbeat(&chat)).await.unwrap();
    let again = chat.validate().await.unwrap();
    assert_eq!((again.handshake_id, again.replayed), (handshake, true));
    harness.stop().await.unwrap();
}
