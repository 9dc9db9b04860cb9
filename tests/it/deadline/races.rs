//! Deadlines so short that everything happens at once. What answers then is decided by timers that fire in the same instant:
//! each of them has to say the same.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Route, SimOptions};
use tokio::task::JoinSet;
use tonic::Code;

use super::{assert_expired, heartbeat, slow};
use crate::support::wire::{CONFIRM, INJECT, VALIDATE, Wire};
use crate::support::{Chat, Harness};

const ROUNDS: usize = 40;
/// Longer than a test lasts.
const NEVER: u64 = 20_000;
const TINY: [&str; 3] = ["5m", "10m", "50m"];

async fn unlimited() -> Harness {
    let options = SimOptions { requests_per_minute: 1_000_000, ..SimOptions::default() };
    Harness::with(options, &[("genesys.budget_per_minute", "100000"), ("genesys.timeout", "15s")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_ends_as_an_expired_one() {
    let harness = unlimited().await;
    slow(&harness, Route::Read, NEVER);
    let wire = Wire::to(&harness);
    for timeout in TINY {
        for round in 0..ROUNDS {
            let chat = Chat::dropped(&harness);
            let status = wire.call(VALIDATE, Some(timeout), &chat.validate_request()).await;
            assert_expired(&format!("the leader, {timeout}, round {round}"), &status);
            let status = wire.call(VALIDATE, Some(timeout), &chat.validate_request()).await;
            assert_expired(&format!("a follower, {timeout}, round {round}"), &status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_ends_as_an_expired_one() {
    let harness = unlimited().await;
    slow(&harness, Route::Read, NEVER);
    let wire = Wire::to(&harness);
    for timeout in TINY {
        for round in 0..ROUNDS {
            let chat = Chat::dropped(&harness);
            let status = wire.call(VALIDATE, Some(timeout), &heartbeat(&chat)).await;
            assert_expired(&format!("{timeout}, round {round}"), &status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_ends_as_an_expired_one() {
    for (route, timeouts) in [(Route::Read, &TINY[..]), (Route::Patch, &TINY[2..])] {
        let harness = unlimited().await;
        let wire = Wire::to(&harness);
        let chats: Vec<Chat> = (0..ROUNDS * timeouts.len()).map(|_| Chat::live(&harness)).collect();
        let answers = join_all(chats.iter().map(Chat::validate)).await;
        slow(&harness, route, NEVER);
        let timeouts = timeouts.iter().cycle();
        for ((chat, answer), timeout) in chats.iter().zip(answers).zip(timeouts) {
            let request = chat.confirm_request(&answer.unwrap().handshake_id);
            let status = wire.call(CONFIRM, Some(timeout), &request).await;
            assert_expired(&format!("{route:?}, {timeout}"), &status);
        }
        assert!(chats.iter().all(|chat| chat.count() == 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_injection_ends_as_an_expired_one() {
    for (route, timeouts) in [(Route::Read, &TINY[..]), (Route::PostMessage, &TINY[2..])] {
        let harness = unlimited().await;
        let wire = Wire::to(&harness);
        let chats: Vec<Chat> = (0..ROUNDS * timeouts.len()).map(|_| Chat::live(&harness)).collect();
        let handshakes = join_all(chats.iter().map(Chat::confirmed)).await;
        slow(&harness, route, NEVER);
        let timeouts = timeouts.iter().cycle();
        for ((chat, handshake), timeout) in chats.iter().zip(handshakes).zip(timeouts) {
            let request = chat.inject_request(&handshake, &[("m-1", "hello")]);
            let status = wire.call(INJECT, Some(timeout), &request).await;
            // Just before its deadline it may still say INCOMPLETE, which is an answer.
            if status.code() != Code::Ok {
                assert_expired(&format!("{route:?}, {timeout}"), &status);
            }
        }
        assert!(chats.iter().all(|chat| chat.transcript().is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_at_all_is_an_expired_deadline_too() {
    let harness = unlimited().await;
    slow(&harness, Route::Read, NEVER);
    let wire = Wire::to(&harness);
    for timeout in ["0m", "1n", "1u", "999u", "1m"] {
        for round in 0..ROUNDS {
            let chat = Chat::dropped(&harness);
            let status = wire.call(VALIDATE, Some(timeout), &chat.validate_request()).await;
            assert_expired(&format!("{timeout}, round {round}"), &status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_expired_calls_is_told_the_same() {
    let harness = unlimited().await;
    slow(&harness, Route::Read, NEVER);
    let wires: Vec<Wire> = (0..20).map(|_| Wire::to(&harness)).collect();
    for timeout in TINY {
        let mut crowd = JoinSet::new();
        for wire in wires.iter().cycle().take(600) {
            let (chat, wire) = (Chat::dropped(&harness), wire.clone());
            let call = async move { wire.call(VALIDATE, Some(timeout), &chat.validate_request()).await };
            crowd.spawn(tokio::time::timeout(Duration::from_secs(20), call));
        }
        for status in crowd.join_all().await {
            assert_expired(timeout, &status.unwrap());
        }
    }
}
