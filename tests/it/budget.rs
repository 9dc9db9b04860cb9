//! Invariant 9: the budget is never overdrawn.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, Route, SimOptions};
use session_resumption::pb::validate_session_response::Decision;
use tokio::time::{Instant, sleep};
use tonic::Code;

use crate::invariants::retryable;
use crate::support::{Chat, Harness};

/// A Genesys that allows so many requests a minute, and a service that knows it.
async fn limited_to(per_minute: u32, settings: &[(&str, &str)]) -> Harness {
    let options = SimOptions { requests_per_minute: per_minute, ..SimOptions::default() };
    let budget = per_minute.to_string();
    Harness::with(options, &[&[("genesys.budget_per_minute", &*budget)], settings].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_never_overdraws_the_budget() {
    // Long enough for a full bucket that is refilled as it goes to let too many through, but for the smallest.
    join_all([10, 30, 60, 300].map(storm)).await;
}

/// Everybody comes, again and again, for as long as it takes to refill two or three.
async fn storm(per_minute: u32) {
    let harness = limited_to(per_minute, &[]).await;
    let began = Instant::now();
    let mut served = 0;
    while began.elapsed() < Duration::from_secs(3) {
        let chats: Vec<Chat> = (0..per_minute).map(|_| Chat::dropped(&harness)).collect();
        for answer in join_all(chats.iter().map(Chat::validate)).await {
            match answer {
                Ok(answer) => {
                    assert_eq!(answer.decision(), Decision::Resumable);
                    served += 1;
                }
                Err(error) => {
                    let (reason, delay) = retryable(&error);
                    assert_eq!((error.code(), reason.as_str()), (Code::ResourceExhausted, "BUDGET_EXHAUSTED"));
                    assert!(delay > Duration::ZERO && delay <= Duration::from_mins(2), "{delay:?}");
                }
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
    let calls = harness.control.calls(Route::AnyApi).len();
    assert!(calls <= per_minute as usize, "{calls} calls of {per_minute} a minute in {:?}", began.elapsed());
    assert!(served >= per_minute as usize / 3 && served == calls, "{served} served by {calls} calls");
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_after_failures_are_counted_like_any_other_call() {
    let harness = limited_to(10, &[("genesys.timeout", "2s")]).await;
    harness.outage(Route::Read, Fault::Reset { after_effect: false });
    let chats: Vec<Chat> = (0..20).map(|_| Chat::dropped(&harness)).collect();
    for chat in &chats {
        let (reason, _) = retryable(&chat.validate().await.unwrap_err());
        assert!(["UPSTREAM_UNAVAILABLE", "BUDGET_EXHAUSTED"].contains(&reason.as_str()), "{reason}");
    }
    assert!(harness.control.calls(Route::AnyApi).len() <= 10);
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_the_budget_refuses_are_not_sent_and_not_in_doubt() {
    let harness = limited_to(10, &[("genesys.timeout", "2s")]).await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    // The burst of three is spent after this.
    chat.confirm(&handshake).await.unwrap();
    for _ in 0..5 {
        let error = chat.inject(&handshake, &[("a", "one")]).await.unwrap_err();
        assert_eq!((error.code(), retryable(&error).0.as_str()), (Code::ResourceExhausted, "BUDGET_EXHAUSTED"));
    }
    assert_eq!((chat.calls(Route::PostMessage), chat.transcript().len()), (0, 0));
    harness.stop().await.unwrap();
}
