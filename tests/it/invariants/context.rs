//! Invariant 4: each message stands in the transcript once and in order, whoever sends it how often.

use std::cmp::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::validate_session_request::Intent;
use tonic::{Code, Request};

use super::{eventually, reason, retryable, roomy, roomy_with, status};
use crate::support::{Chat, MARKER};

#[tokio::test(flavor = "multi_thread")]
async fn ten_who_inject_the_same_at_once_write_it_once() {
    let harness = roomy().await;
    for lost in [false, true] {
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        let messages = [("a", "one"), ("b", "two"), ("c", "three")];
        if lost {
            harness.fails_after(1, Route::PostMessage, Fault::Reset { after_effect: true });
        }
        let answers = join_all((0..10).map(|_| chat.inject_at_last(&handshake, &messages))).await;
        for answer in &answers {
            chat.holds(&harness, answer, &[MARKER, "one", "two", "three"]);
        }
        let injected = answers.iter().flat_map(|answer| answer.marker_result.iter().chain(&answer.results));
        let injected = injected.filter(|result| result.outcome() == Fate::Injected).count();
        assert_eq!(injected, 4, "each is reported as written by one of them");
        assert_eq!((chat.calls(Route::PostMessage), chat.overlaps(&harness, Route::PostMessage)), (4, 0));
    }
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_overlap_write_what_they_share_once() {
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    let texts: Vec<(String, String)> = (0..12).map(|n| (format!("m{n}"), format!("text {n}"))).collect();
    let batch = async |from: usize| {
        let messages: Vec<(&str, &str)> = texts[from..from + 4].iter().map(|(id, text)| (&**id, &**text)).collect();
        chat.inject_at_last(&handshake, &messages).await
    };
    join_all((0..9).map(batch)).await;
    let mut lines = chat.transcript();
    assert_eq!((lines.remove(0).as_str(), lines.len()), (MARKER, 12));
    // Whichever batch came first, each keeps its own order.
    for from in 0..9 {
        let place = |n: usize| lines.iter().position(|line| *line == texts[n].1).unwrap();
        assert!(place(from) < 12);
    }
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 12);
    assert_eq!((chat.calls(Route::PostMessage), chat.overlaps(&harness, Route::PostMessage)), (13, 0));
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_under_other_ids_is_as_many_messages() {
    let harness = roomy().await;
    for lost in 0..4 {
        let chat = Chat::live(&harness);
        // Said before, by the customer and by the agent.
        harness.control.customer_message(&chat.conversation, "yes").unwrap();
        harness.control.agent_message(&chat.conversation, "yes").unwrap();
        let handshake = chat.confirmed().await;
        let fault = if lost == 1 { Fault::Reset { after_effect: false } } else { Fault::Reset { after_effect: true } };
        harness.fails_after(lost, Route::PostMessage, fault);
        let answer = chat.inject_at_last(&handshake, &[("a", "yes"), ("b", "yes"), ("c", "yes")]).await;
        harness.control.clear_faults();
        assert_eq!(chat.transcript(), ["yes", "yes", MARKER, "yes", "yes", "yes"], "message {lost} was lost");
        let lines = harness.control.transcript(&chat.conversation).unwrap();
        let ids: Vec<&str> = lines[3..].iter().map(|line| line.id.as_str()).collect();
        assert_eq!(answer.results.iter().map(|result| result.message_id.as_str()).collect::<Vec<_>>(), ids);
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_drop_brings_a_second_marker_and_no_message_again() {
    let harness = roomy().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm_at_last(&first).await;
    chat.inject_at_last(&first, &[("a", "one")]).await;
    chat.drop_and_attach(&harness);
    let second = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    assert_ne!(first, second);
    assert_eq!(reason(&chat.inject(&second, &[("b", "two")]).await.unwrap_err()), "NOT_CONFIRMED");
    chat.confirm_at_last(&second).await;
    assert_eq!(reason(&chat.inject(&first, &[("b", "two")]).await.unwrap_err()), "HANDSHAKE_SUPERSEDED");
    let answer = chat.inject_at_last(&second, &[("a", "one"), ("b", "two")]).await;
    assert_eq!(answer.results[0].outcome(), Fate::AlreadyPresent);
    assert_eq!(chat.transcript(), [MARKER, "one", MARKER, "two"]);
    // The same name with other content is refused, and nothing of the request is sent.
    let posts = chat.calls(Route::PostMessage);
    let error = chat.inject(&second, &[("c", "three"), ("b", "other")]).await.unwrap_err();
    assert_eq!((error.code(), reason(&error).as_str()), (Code::InvalidArgument, "CLIENT_MESSAGE_ID_REUSED"));
    assert_eq!(chat.calls(Route::PostMessage), posts);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_arrives_late_is_waited_for_and_not_sent_again() {
    join_all((0..3).map(arrives_late)).await;
}

/// The message at this place lands after its caller gave up, and before twice the timeout has passed.
async fn arrives_late(late: u32) {
    let harness = roomy_with(&[("genesys.timeout", "500ms")]).await;
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    harness.fails_after(late, Route::PostMessage, Fault::Delay { ms: 850, after_effect: false });
    let messages = [("a", "one"), ("b", "two")];
    let answer = chat.inject(&handshake, &messages).await.unwrap();
    assert_eq!(answer.outcome(), Outcome::Incomplete);
    for (index, result) in (0..).zip(answer.marker_result.iter().chain(&answer.results)) {
        let expected = match u32::cmp(&index, &late) {
            Ordering::Less => Fate::Injected,
            Ordering::Equal => Fate::Unknown,
            Ordering::Greater => Fate::NotAttempted,
        };
        assert_eq!(result.outcome(), expected, "{answer:?}");
    }
    // Too early to tell, also for a batch that has nothing to do with it: it could overtake.
    for others in [&messages[..], &[("z", "later")]] {
        let (reason, delay) = retryable(&chat.inject(&handshake, others).await.unwrap_err());
        assert_eq!(reason, "OUTCOME_PENDING");
        assert!(delay <= Duration::from_secs(2), "{delay:?}");
    }
    assert_eq!(chat.transcript().len(), late as usize, "it has not arrived yet");
    let answer = chat.inject_at_last(&handshake, &messages).await;
    chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
    assert_eq!(chat.calls(Route::PostMessage), 3, "nothing was sent twice");
    assert_eq!(chat.overlaps(&harness, Route::PostMessage), 0);
    harness.stop().await.unwrap();
}

/// What the design gives up: whoever types the very text that is being injected, after it was announced and before its
/// outcome is known, has it taken for the lost message.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_customer_types_meanwhile_in_the_same_words_is_taken_for_the_lost_message() {
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    harness.fails_after(1, Route::PostMessage, Fault::Hang { ms: 1_000 });
    let typing = async {
        eventually("the second POST", || chat.calls(Route::PostMessage) == 2).await;
        harness.control.customer_message(&chat.conversation, "one").unwrap();
        harness.control.customer_message(&chat.conversation, "hello?").unwrap();
    };
    let (answer, ()) = tokio::join!(chat.inject_at_last(&handshake, &[("a", "one"), ("b", "two")]), typing);
    assert_eq!(chat.transcript(), [MARKER, "one", "hello?", "two"]);
    let claimed = &harness.control.transcript(&chat.conversation).unwrap()[1];
    assert_eq!(answer.results[0].message_id, claimed.id);
    // What was typed before the announcement is not taken for it.
    harness.control.customer_message(&chat.conversation, "three").unwrap();
    harness.fails(Route::PostMessage, status(502, false));
    chat.inject_at_last(&handshake, &[("c", "three")]).await;
    assert_eq!(chat.transcript()[4..], ["three", "three"]);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_leaves_in_the_middle_leaves_nothing_twice() {
    let harness = roomy().await;
    for position in 0..3 {
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        harness.fails_after(position, Route::PostMessage, Fault::Delay { ms: 150, after_effect: true });
        let messages = [("a", "one"), ("b", "two")];
        let mut hurried = Request::new(chat.inject_request(&handshake, &messages));
        hurried.set_timeout(Duration::from_millis(100));
        let left = harness.client.clone().inject_context(hurried).await.unwrap_err().code();
        // Whichever timer is first: the client has one beside the server's.
        assert!(matches!(left, Code::DeadlineExceeded | Code::Cancelled), "{left}");
        // The write under way was the last one.
        let answer = chat.inject_at_last(&handshake, &messages).await;
        chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
        assert_eq!(chat.calls(Route::PostMessage), 3);
        harness.control.clear_faults();
    }
    harness.stop().await.unwrap();
}
