//! Invariants 5 and 6: nothing is written before the confirmation, and no message where the conversation takes none.

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::validate_session_request::Intent;
use tonic::Code;
use uuid::Uuid;

use super::{eventually, reason, retryable, roomy, roomy_with, status};
use crate::support::{Chat, Harness, MARKER};

/// All that Genesys was asked to write.
fn writes(harness: &Harness) -> usize {
    harness.control.calls(Route::Patch).len() + harness.control.calls(Route::PostMessage).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_before_the_confirmation_in_whatever_order_calls_come() {
    let harness = roomy().await;
    let chat = Chat::dropped(&harness);
    let refused = async |handshake: &str, with: &str| {
        let error = chat.inject(handshake, &[("a", "one")]).await.unwrap_err();
        assert_eq!(reason(&error), with);
    };
    let stranger = Uuid::new_v4().to_string();
    refused(&stranger, "HANDSHAKE_NOT_FOUND").await;
    assert_eq!(reason(&chat.confirm(&stranger).await.unwrap_err()), "HANDSHAKE_NOT_FOUND");
    chat.validate_as("tab", Intent::Heartbeat).await.unwrap();
    let handshake = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    chat.validate_as("other", Intent::TakeOver).await.unwrap();
    refused(&handshake, "NOT_CONFIRMED").await;
    refused(&stranger, "HANDSHAKE_NOT_FOUND").await;
    // Not attached: the customer is away, nobody is at the other end, or an agent is still being looked for.
    let not_yet = async |why: &str| {
        assert_eq!(chat.confirm(&handshake).await.unwrap().outcome(), Confirm::NotReattached, "{why}");
        refused(&handshake, "NOT_CONFIRMED").await;
    };
    not_yet("the customer is away").await;
    harness.control.queue(&chat.conversation, "support").unwrap();
    not_yet("it waits").await;
    harness.control.attach(&chat.conversation, None).unwrap();
    not_yet("the customer is back and it waits").await;
    harness.control.set_status(&chat.conversation, "ACTIVE").unwrap();
    not_yet("nobody is at the other end").await;
    // Another customer's handshake opens nothing here, confirmed or not.
    let other = Chat::live(&harness);
    let theirs = other.validate().await.unwrap().handshake_id;
    refused(&theirs, "HANDSHAKE_NOT_FOUND").await;
    assert_eq!(reason(&chat.confirm(&theirs).await.unwrap_err()), "HANDSHAKE_NOT_FOUND");
    assert_eq!(writes(&harness), 0);

    // A confirmation that was tried and failed is none.
    let tried = Chat::live(&harness);
    let handshake = tried.validate().await.unwrap().handshake_id;
    harness.outage(Route::Patch, status(503, true));
    assert_eq!(tried.confirm(&handshake).await.unwrap_err().code(), Code::Unavailable);
    let error = tried.inject(&handshake, &[("a", "one")]).await.unwrap_err();
    assert_eq!(reason(&error), "NOT_CONFIRMED");
    // Over before it was confirmed.
    harness.control.terminate(&chat.conversation).unwrap();
    let open = chat.validate().await.unwrap().handshake_id;
    assert_eq!(chat.confirm(&open).await.unwrap().outcome(), Confirm::SessionEnded);
    assert_eq!(harness.control.calls(Route::PostMessage).len(), 0);
    assert_eq!(chat.calls(Route::Patch), 0);
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_injects_while_the_confirmation_is_under_way_is_refused_or_comes_after_it() {
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    harness.fails(Route::Patch, Fault::Delay { ms: 100, after_effect: true });
    let injecting = (0_u64..30).map(|n| {
        let (chat, handshake) = (&chat, &handshake);
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(5 * n)).await;
            chat.inject(handshake, &[("a", "one")]).await.map_err(|error| reason(&error))
        }
    });
    let (confirmed, injected) = tokio::join!(chat.confirm(&handshake), join_all(injecting));
    assert_eq!(confirmed.unwrap().outcome(), Confirm::Confirmed);
    assert!(
        injected.iter().all(|told| told.as_ref().map_or_else(|why| why == "NOT_CONFIRMED", |_| true)),
        "{injected:?}"
    );
    assert_eq!(injected.first().unwrap().as_ref().unwrap_err(), "NOT_CONFIRMED");
    let calls = harness.control.ledger();
    let patched = calls.iter().position(|call| call.route == Some(Route::Patch)).unwrap();
    assert!(calls.iter().skip(patched).filter(|call| call.route == Some(Route::PostMessage)).count() <= 2);
    assert!(calls.iter().take(patched).all(|call| call.route != Some(Route::PostMessage)));
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_sent_where_the_conversation_takes_none() {
    let harness = roomy().await;
    for closed in ["QUEUE", "REROUTE", "TRANSFER", "TERMINATED", "ON_HOLD"] {
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        harness.control.set_status(&chat.conversation, closed).unwrap();
        let answer = chat.inject(&handshake, &[("a", "one")]).await.unwrap();
        assert_eq!(answer.outcome(), Inject::NotInjectable, "{closed}");
        let fates = answer.marker_result.iter().chain(&answer.results);
        assert!(fates.clone().all(|result| result.outcome() == Fate::NotAttempted && result.message_id.is_empty()));
        assert_eq!(chat.calls(Route::PostMessage), 0, "{closed}");
        for open in ["DISCONNECTED", "ACTIVE"] {
            harness.control.set_status(&chat.conversation, open).unwrap();
            let answer = chat.inject(&handshake, &[(open, "one")]).await.unwrap();
            assert_eq!(answer.outcome(), Inject::Complete, "{open}");
        }
        assert_eq!(chat.transcript(), [MARKER, "one", "one"]);
    }
    // Nor where it is not known what the conversation takes.
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    for fault in [status(500, false), status(403, false), Fault::Malformed, Fault::Hang { ms: 1_000 }, Fault::Truncate]
    {
        harness.outage(Route::Read, fault.clone());
        retryable(&chat.inject(&handshake, &[("a", "one")]).await.unwrap_err());
        harness.control.clear_faults();
        assert_eq!(chat.calls(Route::PostMessage), 0, "{fault:?}");
    }
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_closes_between_look_and_write_is_told_apart() {
    join_all(["QUEUE", "REROUTE", "TRANSFER", "TERMINATED", "ON_HOLD"].map(closes_between)).await;
}

async fn closes_between(closed: &str) {
    let harness = roomy_with(&[("genesys.timeout", "2s")]).await;
    for position in 0..3 {
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        harness.fails_after(position, Route::PostMessage, Fault::Delay { ms: 400, after_effect: false });
        let written = position as usize;
        let flip = async {
            eventually("the POST", || chat.calls(Route::PostMessage) == written + 1).await;
            harness.control.set_status(&chat.conversation, closed).unwrap();
        };
        let messages = [("a", "one"), ("b", "two")];
        let (answer, ()) = tokio::join!(chat.inject(&handshake, &messages), flip);
        let answer = answer.unwrap();
        assert_eq!(answer.outcome(), Inject::NotInjectable, "{closed} at {position}");
        for (index, result) in answer.marker_result.iter().chain(&answer.results).enumerate() {
            let expected = if index < written { Fate::Injected } else { Fate::NotAttempted };
            assert_eq!(result.outcome(), expected, "{answer:?}");
        }
        assert_eq!(chat.calls(Route::PostMessage), written + 1, "a conflict is not retried");
        harness.control.set_status(&chat.conversation, "ACTIVE").unwrap();
        let answer = chat.inject_at_last(&handshake, &messages).await;
        chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
    }
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_while_the_conversation_takes_messages_is_told_and_not_retried_blindly() {
    let harness = roomy().await;
    for position in 0..3 {
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        let reads = chat.calls(Route::Read);
        harness.fails_after(position, Route::PostMessage, status(409, false));
        let error = chat.inject(&handshake, &[("a", "one"), ("b", "two")]).await.unwrap_err();
        assert_eq!((error.code(), retryable(&error).0.as_str()), (Code::Aborted, "UPSTREAM_CONFLICT"));
        assert_eq!(chat.calls(Route::PostMessage), position as usize + 1);
        assert_eq!(chat.calls(Route::Read), reads + 2, "it looked, and looked again");
        let answer = chat.inject_at_last(&handshake, &[("a", "one"), ("b", "two")]).await;
        chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
        assert_eq!(chat.calls(Route::PostMessage), 4);
    }
    harness.stop().await.unwrap();
}
