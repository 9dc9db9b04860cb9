//! A call ends at its deadline and says so; what others share, and what was begun, goes on.

mod leaving;
mod races;

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use tokio::time::Instant;
use tonic::{Code, Request, Status};

use crate::support::wire::{CONFIRM, INJECT, VALIDATE, Wire};
use crate::support::{Chat, Harness, Refusal};

/// Longer than any deadline here.
const LATE: u64 = 2_000;

fn slow(harness: &Harness, route: Route, ms: u64) {
    let fault = Fault::Delay { ms, after_effect: false };
    harness.control.script_fault(FaultScript { route, times: u32::MAX, skip: 0, fault }).unwrap();
}

fn within<T>(request: T, timeout: Duration) -> Request<T> {
    let mut request = Request::new(request);
    request.set_timeout(timeout);
    request
}

fn heartbeat(chat: &Chat) -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest { intent: Intent::Heartbeat.into(), ..chat.validate_request() }
}

/// The answer at a deadline: its reason, and no delay, since the caller may ask again at once.
#[track_caller]
fn assert_expired(case: &str, status: &Status) {
    assert_eq!(status.code(), Code::DeadlineExceeded, "{case}: {status:?}");
    assert_eq!(Refusal::of(status), Refusal::plain(Code::DeadlineExceeded, "DEADLINE_EXCEEDED"), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_says_that_its_deadline_passed() {
    let harness = Harness::start().await;
    let (resumed, beating, attached, injected) =
        (Chat::dropped(&harness), Chat::dropped(&harness), Chat::live(&harness), Chat::dropped(&harness));
    let handshake = attached.validate().await.unwrap().handshake_id;
    let confirmed = injected.confirmed().await;
    slow(&harness, Route::AnyApi, LATE);
    let (wire, soon) = (Wire::to(&harness), Some("300m"));
    let messages = injected.inject_request(&confirmed, &[("m-1", "hello")]);
    let (confirmation, beating) = (attached.confirm_request(&handshake), heartbeat(&beating));
    let resumed = resumed.validate_request();
    let began = Instant::now();
    let (resume, beat, confirm, inject) = tokio::join!(
        wire.call(VALIDATE, soon, &resumed),
        wire.call(VALIDATE, soon, &beating),
        wire.call(CONFIRM, soon, &confirmation),
        wire.call(INJECT, soon, &messages),
    );
    assert!(began.elapsed() < Duration::from_millis(LATE), "{:?}", began.elapsed());
    assert_expired("resume", &resume);
    assert_expired("inject", &inject);
    assert_expired("confirm", &confirm);
    assert_expired("heartbeat", &beat);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_a_deadline_or_with_a_long_one_get_the_longest() {
    let harness = Harness::with(SimOptions::default(), &[("server.max_call_time", "300ms")]).await;
    let timeouts = [None, Some("1H"), Some("99999999S"), Some("5000m"), Some("soon"), Some("")];
    let injected = Chat::dropped(&harness);
    let mut attached = Vec::new();
    for timeout in timeouts {
        let chat = Chat::live(&harness);
        let handshake = chat.validate().await.unwrap().handshake_id;
        attached.push((timeout, chat, handshake));
    }
    let confirmed = injected.confirmed().await;
    slow(&harness, Route::AnyApi, LATE);
    let wire = Wire::to(&harness);
    for (timeout, attached, handshake) in attached {
        let (resumed, beating) = (Chat::dropped(&harness), Chat::dropped(&harness));
        let began = Instant::now();
        let (resume, beat, confirm) = (
            wire.call(VALIDATE, timeout, &resumed.validate_request()).await,
            wire.call(VALIDATE, timeout, &heartbeat(&beating)).await,
            wire.call(CONFIRM, timeout, &attached.confirm_request(&handshake)).await,
        );
        assert!(began.elapsed() < Duration::from_millis(LATE), "{timeout:?}: {:?}", began.elapsed());
        assert_expired("resume", &resume);
        assert_expired("heartbeat", &beat);
        assert_expired("confirm", &confirm);
    }
    assert_expired("inject", &wire.call(INJECT, None, &injected.inject_request(&confirmed, &[])).await);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_left_finds_the_answer_when_they_return() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    slow(&harness, Route::Read, 500);
    let status = Wire::to(&harness).call(VALIDATE, Some("100m"), &chat.validate_request()).await;
    assert_expired("resume", &status);
    let answer = chat.validate().await.unwrap();
    assert!(answer.replayed && !answer.handshake_id.is_empty());
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_who_leaves_takes_nothing_from_the_others() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    slow(&harness, Route::Read, 500);
    let impatient = futures_util::future::join_all(
        (1..20).map(|number| harness.validate(within(chat.validate_request(), Duration::from_millis(10 * number)))),
    );
    let (leader, impatient) = tokio::join!(chat.validate(), impatient);
    assert!(!leader.unwrap().handshake_id.is_empty());
    assert!(impatient.iter().all(Result::is_err));
    assert!(chat.validate().await.unwrap().replayed);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_under_way_is_finished_and_counted_once() {
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    slow(&harness, Route::Patch, 1_500);
    let status = Wire::to(&harness).call(CONFIRM, Some("600m"), &chat.confirm_request(&handshake)).await;
    assert_expired("first", &status);
    assert_eq!(chat.calls(Route::Patch), 1, "the write was under way");

    let confirmed = chat.confirm(&handshake).await.unwrap();
    assert_eq!((confirmed.outcome(), confirmed.replayed), (Outcome::Confirmed, true));
    assert_eq!((confirmed.resumption_count, chat.count(), chat.calls(Route::Patch)), (1, 1, 1));
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_whose_caller_left_before_the_write_writes_nothing() {
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let fault = Fault::Delay { ms: 400, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Read, fault)).unwrap();
    let request = within(chat.confirm_request(&handshake), Duration::from_millis(100));
    harness.confirm(request).await.unwrap_err();
    // Long enough for the read to end and for a write to follow it.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!((chat.calls(Route::Patch), chat.count()), (0, 0));

    let confirmed = chat.confirm(&handshake).await.unwrap();
    assert_eq!((confirmed.outcome(), confirmed.replayed), (Outcome::Confirmed, false));
    assert_eq!((confirmed.resumption_count, chat.count(), chat.calls(Route::Patch)), (1, 1, 1));
    harness.stop().await.unwrap();
}
