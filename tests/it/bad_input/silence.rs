//! What callers and Genesys say never comes back in an error: not texts, not ids, not secrets.

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb;
use session_resumption::pb::inject_context_request::Message;
use tonic::Status;

use super::uuid;
use crate::support::{Chat, Harness};

/// Told in every field, and by Genesys; to be read in no error.
const PRIVATE: &str = "Ada-Lovelace-4711";
const SECRET: &str = "sim-hunter2-secret";

#[track_caller]
fn is_silent(status: &Status) {
    let all = format!("{status:?} {} {}", status.message(), String::from_utf8_lossy(status.details()));
    for told in [PRIVATE, SECRET, "Bearer", "127.0.0.1", "http://"] {
        assert!(!all.contains(told), "{told}: {all}");
    }
}

async fn harness() -> Harness {
    let options = SimOptions { client_secret: SECRET.into(), requests_per_minute: 100_000, ..SimOptions::default() };
    Harness::with(options, &[("genesys.timeout", "300ms"), ("genesys.budget_per_minute", "100000")]).await
}

fn messages(id: &str, text: &str) -> Vec<Message> {
    vec![Message { client_message_id: id.to_owned(), text: text.to_owned(), sent_time: None }]
}

#[tokio::test]
async fn a_refused_request_is_not_repeated_to_its_caller() {
    let harness = harness().await;
    let bad = format!("{PRIVATE}/..");
    let long = PRIVATE.repeat(1_000);
    let request = pb::ValidateSessionRequest {
        conversation_id: bad.clone(),
        participant_id: bad.clone(),
        resume_key: bad.clone(),
        client_instance_id: bad.clone(),
        attempt_id: bad.clone(),
        handshake_id: bad.clone(),
        disconnect_reason: long.clone(),
        intent: 9,
        disconnect_time: None,
        message_id: bad.clone(),
    };
    is_silent(&harness.validate(request).await.unwrap_err());
    let request = pb::ConfirmReattachRequest {
        conversation_id: bad.clone(),
        participant_id: bad.clone(),
        handshake_id: bad.clone(),
    };
    is_silent(&harness.confirm(request).await.unwrap_err());
    let request = pb::InjectContextRequest {
        conversation_id: bad.clone(),
        participant_id: bad.clone(),
        handshake_id: bad.clone(),
        client_instance_id: bad.clone(),
        marker: long.clone(),
        messages: [messages(&bad, &long), messages(PRIVATE, ""), messages(PRIVATE, PRIVATE)].concat(),
        ..pb::InjectContextRequest::default()
    };
    is_silent(&harness.inject(request).await.unwrap_err());
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_out_of_order_is_not_repeated_to_its_caller() {
    let harness = harness().await;
    let chat = Chat::dropped(&harness);
    is_silent(&chat.inject(&uuid(), &[(PRIVATE, PRIVATE)]).await.unwrap_err());
    let handshake = chat.validate().await.unwrap().handshake_id;
    is_silent(&chat.inject(&handshake, &[(PRIVATE, PRIVATE)]).await.unwrap_err());
    let handshake = chat.confirmed().await;
    chat.inject(&handshake, &[(PRIVATE, PRIVATE)]).await.unwrap();
    is_silent(&chat.inject(&handshake, &[(PRIVATE, "another")]).await.unwrap_err());
    let tab = pb::InjectContextRequest {
        client_instance_id: PRIVATE.into(),
        ..chat.inject_request(&handshake, &[("m-2", PRIVATE)])
    };
    is_silent(&harness.inject(tab).await.unwrap_err());
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn what_genesys_says_of_a_failure_stays_here() {
    let harness = harness().await;
    let body = |status, content_type: &str| Fault::Body {
        status,
        content_type: content_type.into(),
        body: format!(r#"{{"message": "{PRIVATE} {SECRET}", "code": "{PRIVATE}", "status": "{PRIVATE}", "id": 7}}"#),
    };
    let faults = [
        body(200, "application/json"),
        body(200, "text/html"),
        body(400, "application/json"),
        body(403, "application/json"),
        body(404, "text/html"),
        body(409, "application/json"),
        body(429, "application/json"),
        body(503, "application/json"),
        Fault::Malformed,
        Fault::Truncate,
        Fault::Reset { after_effect: false },
        Fault::Hang { ms: 1_000 },
        // The last one: after it, no token is asked for until some seconds have passed.
        body(401, "application/json"),
    ];
    for fault in faults {
        for route in [Route::Read, Route::Patch, Route::PostMessage] {
            let chat = Chat::dropped(&harness);
            let script = FaultScript { route, times: u32::MAX, skip: 0, fault: fault.clone() };
            let outcome = if route == Route::Read {
                harness.control.script_fault(script).unwrap();
                chat.validate().await.map(drop)
            } else if route == Route::Patch {
                let handshake = chat.validate().await.unwrap().handshake_id;
                harness.control.attach(&chat.conversation, None).unwrap();
                harness.control.script_fault(script).unwrap();
                chat.confirm(&handshake).await.map(drop)
            } else {
                let handshake = chat.confirmed().await;
                harness.control.script_fault(script).unwrap();
                chat.inject(&handshake, &[(PRIVATE, PRIVATE)]).await.map(drop)
            };
            if let Err(status) = outcome {
                is_silent(&status);
            }
            harness.control.clear_faults();
        }
    }
    harness.stop().await.unwrap();
}
