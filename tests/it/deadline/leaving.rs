//! A caller who hangs up in the middle of an injection leaves nothing half done that a repeat would do twice.

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route};
use session_resumption::pb::inject_context_response::Outcome;
use tokio::time::{sleep, timeout};
use tonic::Code;

use crate::support::wire::{INJECT, Wire};
use crate::support::{Chat, Harness, MARKER, Refusal};

const MESSAGES: [(&str, &str); 4] = [("m-1", "one"), ("m-2", "two"), ("m-3", "two"), ("m-4", "four")];

fn all() -> Vec<&'static str> {
    [MARKER].into_iter().chain(MESSAGES.iter().map(|(_, text)| *text)).collect()
}

/// Waits until Genesys got so many calls of a route about a chat.
async fn arrived(chat: &Chat, route: Route, calls: usize) {
    let arriving = async {
        while chat.calls(route) < calls {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(10), arriving).await.expect("the calls arrive");
}

/// Repeats an injection until it is complete, as its caller is told to.
async fn repeat(chat: &Chat, handshake: &str) {
    let repeating = async {
        loop {
            let wait = match chat.inject(handshake, &MESSAGES).await {
                Ok(injected) if injected.outcome() == Outcome::Complete => break,
                Ok(_) => Duration::from_millis(100),
                Err(status) => Refusal::of(&status).retry.unwrap_or_else(|| panic!("{status:?}")),
            };
            sleep(wait).await;
        }
    };
    timeout(Duration::from_secs(30), repeating).await.expect("it completes");
}

/// Hangs up as soon as call number `calls` of a route is under way, and repeats.
async fn hang_up_at(route: Route, calls: usize, after_effect: bool) {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let before = chat.calls(route);
    let skip = u32::try_from(calls - 1).unwrap();
    let fault = Fault::Delay { ms: 150, after_effect };
    harness.control.script_fault(FaultScript { route, times: 1, skip, fault }).unwrap();
    {
        let injecting = chat.inject(&handshake, &MESSAGES);
        tokio::select! {
            // On a busy machine; then it is repeated all the same.
            _ = injecting => {}
            () = arrived(&chat, route, before + calls) => {}
        }
        // Here the call is dropped: its stream is reset.
    }
    repeat(&chat, &handshake).await;
    assert_eq!(chat.transcript(), all(), "after {route:?} {calls}");
    assert_eq!(chat.inject(&handshake, &MESSAGES).await.unwrap().outcome(), Outcome::Complete);
    assert_eq!(chat.transcript(), all());
    assert_eq!(chat.calls(Route::PostMessage), all().len(), "after {route:?} {calls}");
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_message() {
    hang_up_at(Route::Read, 1, false).await;
    hang_up_at(Route::Transcript, 1, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_each_message() {
    for call in 1..=all().len() {
        for after_effect in [false, true] {
            hang_up_at(Route::PostMessage, call, after_effect).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_stops_what_was_not_begun() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let fault = Fault::Delay { ms: 800, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::PostMessage, fault)).unwrap();
    tokio::select! {
        outcome = chat.inject(&handshake, &MESSAGES) => panic!("it ended: {outcome:?}"),
        () = arrived(&chat, Route::PostMessage, 1) => {}
    }
    // Long enough for the one under way to end and for all others to follow it.
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(chat.transcript(), [MARKER]);
    repeat(&chat, &handshake).await;
    assert_eq!(chat.transcript(), all());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_in_the_middle_is_no_different() {
    for deadline in [50, 100, 200, 300, 400] {
        let harness = Harness::start().await;
        let chat = Chat::dropped(&harness);
        let handshake = chat.confirmed().await;
        let fault = Fault::Delay { ms: 80, after_effect: false };
        harness.control.script_fault(FaultScript { route: Route::PostMessage, times: 5, skip: 0, fault }).unwrap();
        let request = chat.inject_request(&handshake, &MESSAGES);
        let status = Wire::to(&harness).call(INJECT, Some(&format!("{deadline}m")), &request).await;
        // INCOMPLETE is an answer: one that was given just before the deadline.
        assert!(matches!(status.code(), Code::Ok | Code::DeadlineExceeded), "{deadline}: {status:?}");
        repeat(&chat, &handshake).await;
        assert_eq!(chat.transcript(), all(), "{deadline}");
        assert_eq!(chat.calls(Route::PostMessage), all().len(), "{deadline}");
        harness.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_repeat_at_once_while_one_hangs_up_write_each_message_once() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let fault = Fault::Delay { ms: 60, after_effect: false };
    harness.control.script_fault(FaultScript { route: Route::PostMessage, times: 5, skip: 0, fault }).unwrap();
    let hung_up = async {
        tokio::select! {
            _ = chat.inject(&handshake, &MESSAGES) => {}
            () = arrived(&chat, Route::PostMessage, 2) => {}
        }
    };
    let others = futures_util::future::join_all((0..8).map(|_| repeat(&chat, &handshake)));
    tokio::join!(hung_up, others);
    assert_eq!(chat.transcript(), all());
    assert_eq!(chat.calls(Route::PostMessage), all().len());
    harness.stop().await.unwrap();
}
