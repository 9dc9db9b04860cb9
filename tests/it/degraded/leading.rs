//! The store goes away while somebody leads.

use futures_util::future::join;
use genesys_sim::{Fault, FaultScript, Route};
use session_resumption::pb::ValidateSessionResponse;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason, TabRole};
use session_resumption::server::health::Condition;
use tonic::Status;

use super::{asked, assert_degraded, becomes, over, slow_read};
use crate::servers::Server;
use crate::support::{Chat, Harness, Refusal};

/// The server answers, and tells the time, but takes no more writes.
fn takes_no_writes(server: &Server) {
    redis::cmd("CONFIG").arg(&["SET", "min-replicas-to-write", "1"]).exec(&mut server.admin()).unwrap();
}

fn takes_writes(server: &Server) {
    redis::cmd("CONFIG").arg(&["SET", "min-replicas-to-write", "0"]).exec(&mut server.admin()).unwrap();
}

/// One call during whose read something happens.
async fn meanwhile(
    harness: &Harness,
    chat: &Chat,
    intent: Intent,
    happens: impl FnOnce(),
) -> Result<ValidateSessionResponse, Status> {
    let reads = harness.control.calls(Route::Read).len();
    let happening = async {
        asked(harness, reads + 1).await;
        happens();
    };
    join(chat.validate_as("tab", intent), happening).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_judged_and_not_read_again() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    for killed in [true, false] {
        for intent in [Intent::Resume, Intent::Heartbeat] {
            let chat = Chat::dropped(&harness);
            slow_read(&harness, 500);
            let lose = || if killed { server.kill() } else { takes_no_writes(&server) };
            let answer = meanwhile(&harness, &chat, intent, lose).await.unwrap();
            assert_degraded(&answer);
            assert_eq!((answer.decision(), answer.reason()), (Decision::Resumable, Reason::WithinWindow));
            assert_eq!(chat.calls(Route::Read), 1, "killed: {killed}, {intent:?}");
            server.restart();
            becomes(&harness, Condition::Ready).await;
        }
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_failed_is_the_answer() {
    let server = Server::start(&[]);
    let harness = over(&server, &[("genesys.timeout", "1s")]).await;
    let chat = Chat::dropped(&harness);
    // Refused late: long enough for the store to go, and not to be tried again.
    let late = Fault::Hang { ms: 400 };
    harness.control.script_fault(FaultScript { route: Route::Read, times: 3, skip: 0, fault: late }).unwrap();
    let refused = meanwhile(&harness, &chat, Intent::Resume, || server.kill()).await.unwrap_err();
    let refusal = Refusal::of(&refused);
    assert_eq!(refusal.reason, "UPSTREAM_UNAVAILABLE", "{refused:?}");
    assert!(refusal.retry.is_some());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_leader_shares_its_read() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    let chat = Chat::dropped(&harness);
    slow_read(&harness, 2_000);
    let leader = meanwhile(&harness, &chat, Intent::Resume, || server.kill());
    let follower = async {
        asked(&harness, 1).await;
        chat.validate_as("other", Intent::Resume).await
    };
    let (leader, follower) = join(leader, follower).await;
    assert_degraded(&leader.unwrap());
    assert_degraded(&follower.unwrap());
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_could_not_be_told_passes_on() {
    let server = Server::start(&[]);
    // A lead lasts three timeouts and a second.
    let harness = over(&server, &[("genesys.timeout", "700ms")]).await;
    let chat = Chat::dropped(&harness);
    slow_read(&harness, 500);
    let answer = meanwhile(&harness, &chat, Intent::Resume, || takes_no_writes(&server)).await.unwrap();
    assert_degraded(&answer);
    takes_writes(&server);
    becomes(&harness, Condition::Ready).await;
    let answer = chat.validate_as("tab", Intent::Resume).await.unwrap();
    assert!(!answer.degraded && !answer.replayed && !answer.handshake_id.is_empty(), "{answer:?}");
    assert_eq!((answer.tab_role(), answer.reason()), (TabRole::Active, Reason::WithinWindow));
    assert_eq!(chat.calls(Route::Read), 2, "one before the outage, one for the handshake");
    harness.stop().await.unwrap();
}
