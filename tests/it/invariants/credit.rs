//! Invariant 7 in time: whoever we held back is judged as of the first arrival, and knocking keeps nothing alive.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use session_resumption::pb;
use session_resumption::pb::validate_session_response::{Decision, Reason};
use uuid::Uuid;

use super::clockwork::by_the_sims_clock;
use super::{retryable, roomy_with, status};
use crate::support::{Chat, Harness};

const S: fn(u64) -> Duration = Duration::from_secs;

/// A chat that dropped so long ago.
fn dropped_for(harness: &Harness, age: Duration) -> Chat {
    let chat = Chat::dropped(harness);
    harness.advance(age);
    chat
}

/// What the tab asks on its n-th drop, in all its tries.
fn drop_number(chat: &Chat, n: u128) -> pb::ValidateSessionRequest {
    let attempt_id = Uuid::from_u128(n).to_string();
    pb::ValidateSessionRequest { client_instance_id: "tab".to_owned(), attempt_id, ..chat.validate_request() }
}

/// One request during an outage; answers the delay it is told.
async fn held_back_on(harness: &Harness, chat: &Chat, drop: u128) -> Duration {
    harness.outage(Route::Read, status(503, false));
    let told = retryable(&chat.send(drop_number(chat, drop)).await.unwrap_err()).1;
    harness.control.clear_faults();
    told
}

async fn held_back(harness: &Harness, chat: &Chat) -> Duration {
    held_back_on(harness, chat, 1).await
}

async fn judged_on(chat: &Chat, drop: u128) -> (Decision, Reason) {
    let answer = chat.send(drop_number(chat, drop)).await.unwrap();
    (answer.decision(), answer.reason())
}

async fn judged(chat: &Chat) -> (Decision, Reason) {
    judged_on(chat, 1).await
}

const BACK: (Decision, Reason) = (Decision::Resumable, Reason::WithinWindow);
const OVER: (Decision, Reason) = (Decision::NewRoutingRequired, Reason::WindowExpired);

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_held_back_returns_in_time_although_the_window_has_passed() {
    let harness = by_the_sims_clock().await;
    let chat = dropped_for(&harness, S(295));
    let told = held_back(&harness, &chat).await;
    assert!((S(2)..=S(4)).contains(&told), "{told:?}");
    harness.advance(told + S(10));
    assert_eq!(judged(&chat).await, BACK);
    // Nobody who comes for the first time at that age does.
    assert_eq!(judged(&dropped_for(&harness, S(309))).await, OVER);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credit_ends_half_a_minute_after_the_time_told() {
    let harness = by_the_sims_clock().await;
    // The latest time that anybody can be told is four seconds.
    for (wait, verdict) in [(4 + 29, BACK), (4 + 31, OVER)] {
        let chat = dropped_for(&harness, S(295));
        held_back(&harness, &chat).await;
        harness.advance(S(wait));
        assert_eq!(judged(&chat).await, verdict, "after {wait} s");
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn knocking_during_the_outage_keeps_nothing_alive() {
    // By the same name or, against the contract, each time by another.
    let stories = [0, 1].map(async |renamed| {
        let harness = by_the_sims_clock().await;
        let chat = dropped_for(&harness, S(295));
        for knock in 0..9 {
            held_back_on(&harness, &chat, knock * renamed).await;
            harness.advance(S(4));
        }
        assert_eq!(judged(&chat).await, OVER, "the credit of the first knock is over");
        harness.stop().await.unwrap();
    });
    join_all(stories).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_too_late_already_gets_no_credit() {
    let harness = by_the_sims_clock().await;
    let chat = dropped_for(&harness, S(302));
    held_back(&harness, &chat).await;
    assert_eq!(judged(&chat).await, OVER);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conclusive_answer_ends_the_credit() {
    let harness = by_the_sims_clock().await;
    let chat = dropped_for(&harness, S(295));
    held_back(&harness, &chat).await;
    harness.advance(S(3));
    assert_eq!(judged(&chat).await, BACK);
    harness.advance(S(59));
    assert_eq!(judged(&chat).await, BACK, "replayed");
    harness.advance(S(2));
    assert_eq!(judged(&chat).await, OVER);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_conversation_ends_the_credit() {
    let harness = by_the_sims_clock().await;
    let chat = dropped_for(&harness, S(290));
    // Told to stay away for as long as anybody is.
    let limited = Fault::Status { code: 429, retry_after_s: Some(600), after_effect: false };
    harness.fails(Route::Read, limited);
    let told = retryable(&chat.send(drop_number(&chat, 1)).await.unwrap_err()).1;
    assert!((S(30)..=S(120)).contains(&told), "{told:?}");
    harness.advance(S(20));
    assert_eq!(judged(&dropped_for(&harness, S(301))).await, OVER);
    // By now it is far beyond the credit; what counts is that the new drop is judged by its own age.
    chat.drop_and_attach(&harness);
    harness.control.drop_customer(&chat.conversation).unwrap();
    harness.advance(S(299));
    assert_eq!(judged_on(&chat, 2).await, BACK);
    harness.stop().await.unwrap();
}

/// A drop is held back and nobody comes again, because the chat goes on by itself. Ten minutes later it drops once more and is
/// held back once more, seconds before its window ends: a credit that is over must not stand in the way of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_drop_within_the_hour_of_one_that_was_never_judged_has_a_credit_of_its_own() {
    let harness = by_the_sims_clock().await;
    let chat = dropped_for(&harness, S(10));
    held_back(&harness, &chat).await;
    harness.control.attach(&chat.conversation, None).unwrap();
    harness.advance(S(600));
    harness.control.drop_customer(&chat.conversation).unwrap();
    harness.advance(S(297));
    let told = held_back_on(&harness, &chat, 2).await;
    harness.advance(told + S(2));
    assert_eq!(judged_on(&chat, 2).await, BACK);
    harness.stop().await.unwrap();
}

/// Genesys tells the time when it answers; the customer asked before.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_read_takes_nothing_from_the_window() {
    let harness = roomy_with(&[("genesys.timeout", "20s")]).await;
    let chat = dropped_for(&harness, S(297));
    let slow = Fault::Delay { ms: 5_000, after_effect: false };
    harness.fails(Route::Read, slow);
    assert_eq!(judged(&chat).await, BACK);
    assert_eq!(judged(&dropped_for(&harness, S(302))).await, OVER);
    harness.stop().await.unwrap();
}
