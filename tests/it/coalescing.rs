//! One upstream read per handshake, however many ask.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use tonic::Code;

use crate::support::{Chat, Harness};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_for_one_session_cost_one_read() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    // Slow enough that all of them are waiting when the answer comes.
    harness
        .control
        .script_fault(FaultScript::once(Route::Read, Fault::Delay { ms: 200, after_effect: false }))
        .unwrap();
    let answers = join_all((0..100).map(|_| chat.validate())).await;
    let handshakes: BTreeSet<String> = answers.into_iter().map(|answer| answer.unwrap().handshake_id).collect();
    assert_eq!(handshakes.len(), 1);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_sessions_cost_a_hundred_reads() {
    let harness = Harness::start().await;
    let chats: Vec<Chat> = (0..100).map(|_| Chat::dropped(&harness)).collect();
    let calls = chats.iter().flat_map(|chat| (0..3).map(|_| chat.validate()));
    let answers = join_all(calls).await;
    let handshakes: BTreeSet<String> = answers.into_iter().map(|answer| answer.unwrap().handshake_id).collect();
    assert_eq!(handshakes.len(), 100);
    assert_eq!(harness.control.calls(Route::Read).len(), 100);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_a_read_that_fails_share_its_failure() {
    let harness = Harness::with(SimOptions::default(), &[("genesys.timeout", "300ms")]).await;
    let chat = Chat::dropped(&harness);
    let hang = Fault::Hang { ms: 2_000 };
    harness.control.script_fault(FaultScript { route: Route::Read, times: u32::MAX, skip: 0, fault: hang }).unwrap();
    let answers = join_all((0..50).map(|_| chat.validate())).await;
    for answer in answers {
        assert_eq!(answer.unwrap_err().code(), Code::Unavailable);
    }
    // The leader's own tries and nobody else's.
    assert!(chat.calls(Route::Read) <= 3, "{}", chat.calls(Route::Read));
    harness.stop().await.unwrap();
}
