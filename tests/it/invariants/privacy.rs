//! Secrets, texts and raw ids never reach the logs, whatever goes wrong.

use genesys_sim::{Fault, Route, SimOptions};
use session_resumption::pb::validate_session_request::Intent;
use uuid::Uuid;

use super::{json, page, status};
use crate::support::{Captured, Chat, Harness};

/// A whole life of a session in which everything that can go wrong does; answers what must not be found anywhere.
async fn bad_day() -> Vec<(&'static str, String)> {
    let secret = format!("secret-{}", Uuid::new_v4().simple());
    let options = SimOptions { client_secret: secret.clone(), requests_per_minute: u32::MAX, ..SimOptions::default() };
    let settings = [("genesys.timeout", "300ms"), ("genesys.budget_per_minute", "100000")];
    let harness = Harness::with(options, &settings).await;
    let chat = Chat::dropped(&harness);
    let (said, typed) = ("I was born on 1 April", "my card ends in 4242");
    harness.control.customer_message(&chat.conversation, typed).unwrap();
    let echo = |status| json(status, &format!(r#"{{"message": "{said}", "access_token": "{secret}"}}"#));
    let faults = || {
        [status(500, false), status(403, false), status(409, false), Fault::Malformed, Fault::Truncate]
            .into_iter()
            .chain([
                Fault::Reset { after_effect: true },
                Fault::Hang { ms: 450 },
                echo(400),
                echo(200),
                page(404, said),
            ])
    };
    let mut failed = 0;
    for fault in faults() {
        harness.outage(Route::Read, fault);
        failed += usize::from(chat.validate_as("tab-private", Intent::Resume).await.is_err());
        harness.control.clear_faults();
    }
    let handshake = chat.validate_as("tab-private", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    for fault in faults() {
        harness.outage(Route::Patch, fault);
        failed += usize::from(chat.confirm(&handshake).await.is_err());
        harness.control.clear_faults();
    }
    chat.confirm_at_last(&handshake).await;
    for fault in faults() {
        harness.fails(Route::PostMessage, fault.clone());
        failed += usize::from(chat.inject(&handshake, &[("name-of-it", said)]).await.is_err());
        harness.control.clear_faults();
        harness.outage(Route::Transcript, fault);
        failed += usize::from(chat.inject(&handshake, &[("name-of-it", said)]).await.is_err());
        harness.control.clear_faults();
    }
    chat.inject_at_last(&handshake, &[("name-of-it", said)]).await;
    assert!(failed > 10, "{failed}");
    // Login in trouble too: its answer repeats what it was sent.
    for fault in [status(401, false), echo(400), page(200, &secret)] {
        harness.outage(Route::Token, fault);
        harness.control.expire_tokens();
        let other = Chat::dropped(&harness);
        assert!(other.validate().await.is_err());
        harness.control.clear_faults();
    }
    let private = vec![
        ("the client secret", secret),
        ("a message's text", said.to_owned()),
        ("a transcript's text", typed.to_owned()),
        ("the conversation's id", chat.conversation.clone()),
        ("the participant's id", chat.customer.clone()),
        ("the tab's id", "tab-private".to_owned()),
        ("a bearer token", "Bearer".to_owned()),
        ("basic credentials", "Basic ".to_owned()),
    ];
    harness.stop().await.unwrap();
    private
}

/// Of our own words all, and of our dependencies' those that an operator who asks for everything useful gets.
#[tokio::test(flavor = "current_thread")]
async fn what_is_private_is_never_logged() {
    let (captured, _guards) = Captured::install("debug,session_resumption=trace,audit=trace");
    let private = bad_day().await;
    let logs = captured.text();
    // All of it was captured: calls, audit, the trouble with login, and connections.
    let parts =
        ["called genesys", "event=\"confirmed\"", "event=\"failed\"", "login refuses our credentials", "hyper_util"];
    for part in parts {
        assert!(logs.contains(part), "{part:?} is missing in {} bytes of logs", logs.len());
    }
    for (what, text) in private {
        let found = logs.lines().find(|line| line.contains(&text));
        assert_eq!(found, None, "{what} was logged");
    }
}
