//! Invariant 7: whatever Genesys or anything before it answers to a read or a sign-in, nobody is sent to new routing for it.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route};
use serde_json::{Value, json};
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::{Decision, Reason};
use tokio::time::{Instant, sleep};
use tonic::Code;

use crate::invariants::{HANG_MS, PATIENCE, json as body, page, retryable, roomy, roomy_with, status};
use crate::support::{Chat, Harness};

/// Services that share the cells.
const WORKERS: usize = 16;

/// What the caller is told when a read goes wrong so.
const REJECTED: &str = "UPSTREAM_REJECTED";
const MALFORMED: &str = "UPSTREAM_MALFORMED";
const UNAVAILABLE: &str = "UPSTREAM_UNAVAILABLE";
const UNAUTHORIZED: &str = "UPSTREAM_UNAUTHORIZED";
const TIMEOUT: &str = "UPSTREAM_TIMEOUT";
const LIMITED: &str = "UPSTREAM_RATE_LIMITED";
const UNUSABLE: &str = "SNAPSHOT_UNUSABLE";

/// Faults that do not depend on the conversation, and the reason a read that meets one gives.
fn faults() -> Vec<(Fault, &'static str)> {
    let limited = |retry_after_s| Fault::Status { code: 429, retry_after_s, after_effect: false };
    let busy = |seconds| Fault::Status { code: 503, retry_after_s: Some(seconds), after_effect: false };
    let mut faults = vec![(status(401, false), UNAUTHORIZED), (status(403, false), "UPSTREAM_FORBIDDEN")];
    faults.extend(
        [400, 402, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417].map(|c| (status(c, false), REJECTED)),
    );
    faults.extend([418, 421, 422, 423, 424, 425, 426, 428, 431, 451, 499].map(|c| (status(c, false), REJECTED)));
    faults.extend(
        [500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 524, 530, 599].map(|c| (status(c, false), UNAVAILABLE)),
    );
    faults.extend([200, 201, 202, 203, 204, 205, 206, 226].map(|c| (status(c, false), MALFORMED)));
    faults.extend([300, 301, 302, 303, 304, 305, 307, 308].map(|c| (status(c, false), MALFORMED)));
    faults.extend([limited(None), limited(Some(3)), limited(Some(120)), limited(Some(u64::MAX))].map(|f| (f, LIMITED)));
    faults.extend([busy(3), busy(300)].map(|fault| (fault, UNAVAILABLE)));
    faults.extend([
        (status(408, false), TIMEOUT),
        (Fault::Reset { after_effect: false }, UNAVAILABLE),
        (Fault::Truncate, UNAVAILABLE),
        (Fault::Malformed, MALFORMED),
        (page(200, "<html>Welcome to the guest network</html>"), MALFORMED),
        (page(404, "<html>no such page</html>"), MALFORMED),
        (page(404, ""), MALFORMED),
        (body(404, "{}"), MALFORMED),
        (body(404, r#"{"error": "no such route", "status": "404"}"#), MALFORMED),
        (page(502, "<html>bad gateway</html>"), UNAVAILABLE),
        (page(401, "<html>log in to the proxy</html>"), UNAUTHORIZED),
        (page(200, &"x".repeat((1 << 20) + 1)), MALFORMED),
        (page(500, &"x".repeat((1 << 20) + 1)), UNAVAILABLE),
    ]);
    faults.extend(
        ["", "null", "[]", "{}", "7", "\"ACTIVE\"", "{", "\u{feff}{}"].map(|text| (body(200, text), MALFORMED)),
    );
    faults
}

/// The conversation as it stands, changed, and what whoever reads it is told.
fn distorted(chat: &Chat) -> Vec<(Value, &'static str)> {
    let good = json!({
        "id": chat.conversation,
        "type": "messaging",
        "status": "DISCONNECTED",
        "updatedTime": "2024-05-15T14:32:10.000Z",
        "participants": [{"id": chat.customer, "role": "CUSTOMER", "status": "DISCONNECTED"}],
    });
    let set = |path: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(path).unwrap() = value;
        changed
    };
    let without = |key: &str| {
        let mut changed = good.clone();
        changed.as_object_mut().unwrap().remove(key);
        changed
    };
    let mut cells = vec![(json!([good]), MALFORMED), (json!({"entities": [good]}), MALFORMED)];
    cells.extend(["id", "status", "participants"].map(|key| (without(key), MALFORMED)));
    cells.push((without("updatedTime"), UNUSABLE));
    let others =
        [json!("f47ac10b-58cc-4372-a567-0e02b2c3d479"), json!(chat.conversation.to_uppercase() + "x"), json!("")];
    cells.extend(others.map(|id| (set("/id", id), MALFORMED)));
    for wrong in [json!(null), json!(7), json!(true), json!([]), json!({}), json!({"name": "ACTIVE"})] {
        cells.push((set("/id", wrong.clone()), MALFORMED));
        cells.push((set("/status", wrong.clone()), MALFORMED));
        cells.push((set("/updatedTime", wrong.clone()), UNUSABLE));
        cells.push((set("/participants/0", wrong.clone()), MALFORMED));
        for key in ["id", "role", "status"] {
            cells.push((set(&format!("/participants/0/{key}"), wrong.clone()), MALFORMED));
        }
        if wrong != json!([]) {
            cells.push((set("/participants", wrong), MALFORMED));
        }
    }
    cells.push((set("/status", json!("")), MALFORMED));
    for time in ["", "yesterday", "2024-05-15T14:32:10", "2024-05-15", "1715783530", "2024-13-15T14:32:10Z"] {
        cells.push((set("/updatedTime", json!(time)), UNUSABLE));
    }
    cells
}

/// A service that waits long enough for whatever answers at all, however busy the machine is.
async fn patient() -> Harness {
    roomy_with(&[("genesys.timeout", "2s")]).await
}

fn delay(after_effect: bool) -> Fault {
    Fault::Delay { ms: HANG_MS, after_effect }
}

/// What a read answers, from before the first try to after the last.
fn answer_reads_with(harness: &Harness, fault: Fault) {
    harness.control.script_fault(FaultScript { route: Route::Read, times: u32::MAX, skip: 0, fault }).unwrap();
}

/// One session meets one fault and then none.
async fn survives(harness: &Harness, chat: &Chat, fault: Fault, expected: &str) {
    let shown = format!("{fault:?}").chars().take(200).collect::<String>();
    answer_reads_with(harness, fault);
    for intent in [Intent::Resume, Intent::Heartbeat] {
        let error = chat.validate_as("tab", intent).await.unwrap_err();
        let (reason, delay) = retryable(&error);
        assert_eq!((reason.as_str(), error.code()), (expected, Code::Unavailable), "{shown}");
        assert!((Duration::from_secs(1)..=Duration::from_mins(2)).contains(&delay), "{delay:?} after {shown}");
    }
    harness.control.clear_faults();
    let answer = chat.validate_as("tab", Intent::Resume).await.unwrap();
    assert_eq!((answer.decision(), answer.reason()), (Decision::Resumable, Reason::WithinWindow), "after {shown}");
    assert!(!answer.handshake_id.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_read_meets_the_session_is_kept_and_resumed_afterwards() {
    let faults = faults();
    let workers = (0..WORKERS).map(async |worker| {
        let harness = patient().await;
        for (fault, expected) in faults.iter().skip(worker).step_by(WORKERS) {
            survives(&harness, &Chat::dropped(&harness), fault.clone(), expected).await;
        }
        harness.stop().await.unwrap();
    });
    join_all(workers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_takes_too_long_the_session_is_kept_and_resumed_afterwards() {
    let slow = [Fault::Hang { ms: HANG_MS }, delay(false), delay(true)];
    let runs = slow.map(async |fault| {
        let harness = roomy().await;
        survives(&harness, &Chat::dropped(&harness), fault, TIMEOUT).await;
        harness.stop().await.unwrap();
    });
    join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_the_conversation_it_is_judged_or_the_session_is_kept() {
    let harness = patient().await;
    let mut cells = 0;
    loop {
        let chat = Chat::dropped(&harness);
        let Some((changed, expected)) = distorted(&chat).into_iter().nth(cells) else { break };
        survives(&harness, &chat, body(200, &changed.to_string()), expected).await;
        cells += 1;
    }
    harness.stop().await.unwrap();
}

/// What only looks strange: it is judged as it stands.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_decision_does_not_need_may_be_anything() {
    let harness = roomy().await;
    let strange = json!({"name": ["x"], "deep": {"er": [1, 2.5e300, null]}, "": "", "constructor": false});
    for wrong in [json!(null), json!(7), json!([]), strange] {
        let chat = Chat::dropped(&harness);
        let leg = json!({"id": chat.customer, "role": "customer", "status": "disconnected", "userId": wrong, "updatedTime": wrong});
        let mut conversation = json!({
            "id": chat.conversation,
            "status": "active",
            "updatedTime": wrong,
            "participants": [leg, {"id": "x", "role": "ROBOT", "status": "DANCING", "agentId": wrong}],
            "attributes": wrong,
        });
        for key in ["queueId", "targetQueueId", "transferReason", "customAttributes", "type", "startTime"] {
            conversation[key] = wrong.clone();
        }
        answer_reads_with(&harness, page(200, &conversation.to_string()));
        let answer = chat.validate().await.unwrap();
        assert_eq!((answer.decision(), answer.reason()), (Decision::Resumable, Reason::Live), "{wrong}");
        harness.control.clear_faults();
    }
    harness.stop().await.unwrap();
}

/// Asked of a read, a conflict is a refusal like another 4xx: by the contract `ValidateSession` never says `UPSTREAM_CONFLICT`.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_on_a_read_is_told_by_a_reason_the_contract_allows() {
    let harness = roomy().await;
    survives(&harness, &Chat::dropped(&harness), status(409, false), REJECTED).await;
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_sign_in_meets_the_session_is_kept_and_resumed_afterwards() {
    let denied = [400, 401, 402, 403, 405, 409, 410, 422].map(|code| (status(code, false), UNAUTHORIZED));
    let limited = |retry_after_s| Fault::Status { code: 429, retry_after_s, after_effect: false };
    let down = [404, 408, 500, 501, 502, 503, 504, 599, 302, 200, 204].map(|code| (status(code, false), UNAVAILABLE));
    let broken = [
        Fault::Hang { ms: HANG_MS },
        delay(true),
        Fault::Reset { after_effect: true },
        Fault::Truncate,
        Fault::Malformed,
        page(200, "<html>Welcome to the guest network</html>"),
        page(404, "<html>no such page</html>"),
        body(200, r#"{"access_token": "t"}"#),
        body(200, r#"{"access_token": "", "expires_in": 86400}"#),
        body(200, r#"{"access_token": "a\nb", "expires_in": 86400}"#),
        page(200, &"x".repeat((1 << 20) + 1)),
    ];
    let mut cells: Vec<_> = denied.into_iter().chain(down).collect();
    cells.extend([limited(None), limited(Some(3))].map(|fault| (fault, LIMITED)));
    cells.extend(broken.map(|fault| (fault, UNAVAILABLE)));
    // Tokens that are none: Genesys refuses them, and minting another one so soon is refused by ourselves.
    cells.push((body(200, r#"{"access_token": "forged", "expires_in": 86400}"#), UNAUTHORIZED));
    // One service each, all at once: after a failure minting rests for five seconds.
    let runs = cells.into_iter().map(async |(fault, expected)| {
        let harness = roomy_with(&[("genesys.timeout", "500ms")]).await;
        let chat = Chat::dropped(&harness);
        let shown = format!("{fault:?}").chars().take(200).collect::<String>();
        harness.outage(Route::Token, fault);
        harness.control.expire_tokens();
        for _ in 0..2 {
            let error = chat.validate().await.unwrap_err();
            assert_eq!((retryable(&error).0.as_str(), error.code()), (expected, Code::Unavailable), "{shown}");
        }
        harness.control.clear_faults();
        let deadline = Instant::now() + PATIENCE;
        let answer = loop {
            match chat.validate().await {
                Ok(answer) => break answer,
                Err(error) => drop(retryable(&error)),
            }
            assert!(Instant::now() < deadline, "no recovery from {shown}");
            sleep(Duration::from_millis(250)).await;
        };
        assert_eq!(answer.decision(), Decision::Resumable, "after {shown}");
        harness.stop().await.unwrap();
    });
    join_all(runs).await;
}
