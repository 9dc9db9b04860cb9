//! `Connect-Timeout-Ms` is a deadline like `grpc-timeout`, and whoever hangs up is gone.

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::door::{Answer, Door, JSON};
use crate::support::wire::{INJECT, VALIDATE};
use crate::support::{Chat, Harness, MARKER};

/// Longer than any deadline here.
const LATE: u64 = 2_000;

fn slow(harness: &Harness, route: Route, ms: u64, times: u32) {
    let fault = Fault::Delay { ms, after_effect: false };
    harness.control.script_fault(FaultScript { route, times, skip: 0, fault }).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_at_its_deadline_and_says_so() {
    let harness = Harness::start().await;
    slow(&harness, Route::Read, LATE, u32::MAX);
    let door = Door::to(&harness);
    // The last one is gRPC's, which is heeded whoever sends it.
    for (header, value) in [("connect-timeout-ms", "300"), ("Connect-Timeout-Ms", "0"), ("grpc-timeout", "300m")] {
        let chat = Chat::dropped(&harness);
        let request = json!({"conversationId": chat.conversation, "participantId": chat.customer}).to_string();
        let began = Instant::now();
        let call = door.post(VALIDATE).header(CONTENT_TYPE, JSON).header(header, value).body(request);
        let refused = Answer::of(call).await.refused(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded");
        assert_eq!(refused.reason(), "DEADLINE_EXCEEDED", "{header}");
        assert!(began.elapsed() < Duration::from_millis(LATE), "{header}: {:?}", began.elapsed());
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_deadline_gets_the_longest() {
    let harness = Harness::with(SimOptions::default(), &[("server.max_call_time", "300ms")]).await;
    slow(&harness, Route::Read, LATE, u32::MAX);
    let chat = Chat::dropped(&harness);
    for timeout in [None, Some("9999999999")] {
        let request = json!({"conversationId": chat.conversation, "participantId": chat.customer}).to_string();
        let mut call = Door::to(&harness).post(VALIDATE).header(CONTENT_TYPE, JSON).body(request);
        if let Some(timeout) = timeout {
            call = call.header("connect-timeout-ms", timeout);
        }
        Answer::of(call).await.refused(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded");
    }
    harness.stop().await.unwrap();
}

/// A connection on which a request was begun that promises more than it sends.
async fn begun(harness: &Harness, timeout_ms: u64) -> TcpStream {
    let mut socket = TcpStream::connect(harness.address.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /sessionresumption.v1.SessionResumption/{VALIDATE} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         connect-timeout-ms: {timeout_ms}\r\ncontent-length: 100\r\n\r\n{{\"conv"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_waited_for_until_the_deadline() {
    let harness = Harness::start().await;
    let mut socket = begun(&harness, 300).await;
    let mut answer = vec![0; 4_096];
    let read = timeout(Duration::from_secs(10), socket.read(&mut answer)).await.expect("an answer").unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    // One that hangs up in the middle of it harms nobody.
    drop(begun(&harness, 60_000).await);
    assert!(!Chat::dropped(&harness).validate().await.unwrap().handshake_id.is_empty());
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_stops_what_was_not_begun() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    slow(&harness, Route::PostMessage, 800, 1);
    let request = json!({
        "conversationId": chat.conversation, "participantId": chat.customer, "handshakeId": handshake, "marker": MARKER,
        "messages": [{"clientMessageId": "m-1", "text": "one"}],
    });
    let door = Door::to(&harness);
    let begun = async {
        while chat.calls(Route::PostMessage) == 0 {
            sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        answer = door.json(INJECT, &request) => panic!("it ended: {answer:?}"),
        begun = timeout(Duration::from_secs(10), begun) => begun.expect("the marker is under way"),
    }
    drop(door);
    // Long enough for the one under way to end and for the other to follow it.
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(chat.transcript(), [MARKER]);
    let again = Door::to(&harness).json(INJECT, &request).await.ok();
    assert_eq!((&again["outcome"], &again["results"][0]["outcome"]), (&json!("COMPLETE"), &json!("INJECTED")));
    assert_eq!(chat.transcript(), [MARKER, "one"]);
    harness.stop().await.unwrap();
}
