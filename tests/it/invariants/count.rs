//! Invariant 3: `resumptionCount` grows by exactly one per confirmed handshake.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use tokio::time::sleep;

use super::{LATE_MS, eventually, page, reason, roomy, roomy_with, status};
use crate::support::{Chat, Harness};

const COUNT: &str = "resumptionCount";
const TIME: &str = "lastResumptionTimestamp";

/// A handshake of a customer who is attached again, to be confirmed.
async fn attached(harness: &Harness) -> (Chat, String) {
    let chat = Chat::dropped(harness);
    let handshake = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
    harness.control.attach(&chat.conversation, None).unwrap();
    (chat, handshake)
}

/// The second drop of the tab of a confirmed handshake, and the customer attached again.
async fn next(harness: &Harness, chat: &Chat) -> String {
    chat.drop_and_attach(harness);
    chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id
}

/// A confirmation whose write fails whatever is tried.
async fn confirm_in_outage(harness: &Harness, chat: &Chat, handshake: &str, fault: Fault) -> String {
    harness.outage(Route::Patch, fault);
    let error = chat.confirm(handshake).await.unwrap_err();
    harness.control.clear_faults();
    reason(&error)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_confirm_at_once_count_once() {
    let harness = roomy().await;
    for slow in [false, true] {
        let (chat, handshake) = attached(&harness).await;
        if slow {
            harness.fails(Route::Patch, Fault::Delay { ms: 150, after_effect: true });
        }
        let answers = join_all((0..50).map(|_| chat.confirm(&handshake))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| answer.outcome() == Outcome::Confirmed && answer.resumption_count == 1));
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        let times: BTreeSet<_> =
            answers.iter().filter_map(|answer| answer.last_resumption_time).map(|t| t.nanos).collect();
        assert_eq!(times.len(), 1);
        chat.shows(&harness, &answers[0]);
        assert_eq!((chat.calls(Route::Patch), chat.overlaps(&harness, Route::Patch)), (1, 0));
    }
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handshakes_of_one_customer_race_and_each_that_is_confirmed_counts_one() {
    let harness = roomy_with(&[("handshake.replay_ttl", "1s")]).await;
    let chats: Vec<Chat> = (0..8).map(|_| Chat::live(&harness)).collect();
    let open = || join_all(chats.iter().map(async |chat| chat.validate().await.unwrap().handshake_id));
    let first = open().await;
    sleep(Duration::from_millis(1_050)).await;
    let second = open().await;
    for (chat, (first, second)) in chats.iter().zip(first.iter().zip(&second)) {
        assert_ne!(first, second);
        let calls = (0..6).map(|n| chat.confirm(if n % 2 == 0 { first } else { second }));
        let answers = join_all(calls).await;
        let mut counts = BTreeSet::new();
        for answer in answers {
            match answer {
                Ok(answer) => drop(counts.insert(answer.resumption_count)),
                Err(error) => assert_eq!(reason(&error), "HANDSHAKE_SUPERSEDED"),
            }
        }
        let confirmed = u32::try_from(counts.len()).unwrap();
        assert!((1..=2).contains(&confirmed));
        assert_eq!((chat.count(), chat.overlaps(&harness, Route::Patch)), (confirmed, 0));
    }
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_beside_the_conversation_is_counted_on_from_whoever_wrote_it() {
    let harness = roomy().await;
    let noted = "session_resumption_notes_total{note=\"count_not_a_number\"}";
    let numbers = [("0", 1), ("41", 42), (" 7 ", 8), ("007", 8), ("2147483646", i32::MAX), ("2147483647", i32::MAX)];
    // The last ones are more than the API can show.
    let none = ["", "many", "-3", "1.5", "0x10", "\u{661}", "2147483648", "4294967295", "99999999999"];
    let cells = numbers.map(|(text, count)| (text, count, 0.0)).into_iter().chain(none.map(|text| (text, 1, 1.0)));
    for (text, count, notes) in cells {
        let (chat, handshake) = attached(&harness).await;
        harness.control.set_attribute(&chat.conversation, COUNT, text).unwrap();
        let before = harness.metric(noted);
        let answer = chat.confirm(&handshake).await.unwrap();
        assert_eq!(answer.resumption_count, count, "{text:?}");
        assert!((harness.metric(noted) - before - notes).abs() < 0.5, "{text:?}");
        chat.shows(&harness, &answer);
    }
    // Changed from outside between two confirmations: never counted backwards, never below what is shown.
    let (chat, handshake) = attached(&harness).await;
    assert_eq!(chat.confirm(&handshake).await.unwrap().resumption_count, 1);
    for (outside, count) in [("0", 2), ("gone", 3), ("10", 11), ("10", 12)] {
        harness.control.set_attribute(&chat.conversation, COUNT, outside).unwrap();
        let handshake = next(&harness, &chat).await;
        let answer = chat.confirm(&handshake).await.unwrap();
        assert_eq!(answer.resumption_count, count, "after {outside:?}");
        chat.shows(&harness, &answer);
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn count_and_time_are_written_together_as_the_guide_prints_them_and_nothing_else() {
    let harness = roomy().await;
    let (chat, handshake) = attached(&harness).await;
    harness.control.set_attribute(&chat.conversation, "note", "not ours").unwrap();
    chat.confirm(&handshake).await.unwrap();
    let body = harness.control.calls(Route::Patch).pop().unwrap().body.unwrap();
    let time = body["customAttributes"][TIME].as_str().unwrap();
    assert_eq!(body, serde_json::json!({"customAttributes": {COUNT: "1", TIME: time}}));
    // 2024-05-15T14:35:22.000Z
    let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    let written: jiff::Timestamp = time.parse().unwrap();
    assert!(written.duration_since(harness.control.now()).abs() < jiff::SignedDuration::from_secs(5), "{time}");
    assert_eq!(chat.attribute(&harness, "note").as_deref(), Some("not ours"));
    harness.stop().await.unwrap();
}

/// How a write that was lost on the way turned out, and what the next handshake's confirmation makes of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_write_is_given_back_or_counted_as_the_metadata_says() {
    let cells = [
        (Fault::Reset { after_effect: false }, 0),
        (Fault::Reset { after_effect: true }, 1),
        (Fault::Delay { ms: LATE_MS, after_effect: false }, 1),
        (status(503, false), 0),
        (status(503, true), 1),
    ];
    let cells = cells.into_iter().map(async |(fault, landed)| {
        let harness = roomy_with(&[("handshake.replay_ttl", "1s")]).await;
        let chat = Chat::live(&harness);
        let first = chat.validate().await.unwrap().handshake_id;
        sleep(Duration::from_millis(900)).await;
        confirm_in_outage(&harness, &chat, &first, fault.clone()).await;
        let second = loop {
            let handshake = chat.validate().await.unwrap().handshake_id;
            if handshake != first {
                break handshake;
            }
            sleep(Duration::from_millis(10)).await;
        };
        let answer = chat.confirm_at_last(&second).await;
        assert_eq!(answer.resumption_count, landed + 1, "{fault:?}");
        chat.shows(&harness, &answer);
        assert_eq!(reason(&chat.confirm(&first).await.unwrap_err()), "HANDSHAKE_SUPERSEDED");
        harness.stop().await.unwrap();
    });
    join_all(cells).await;
}

/// The write of the first try lands late, after the second try of the same handshake was answered: it says the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_write_of_the_same_handshake_changes_nothing() {
    let harness = roomy().await;
    let (chat, handshake) = attached(&harness).await;
    harness.fails(Route::Patch, Fault::Delay { ms: LATE_MS, after_effect: false });
    assert_eq!(reason(&chat.confirm(&handshake).await.unwrap_err()), "UPSTREAM_TIMEOUT");
    let answer = chat.confirm_at_last(&handshake).await;
    chat.shows(&harness, &answer);
    eventually("the late write", || harness.control.calls(Route::Patch).iter().all(|call| call.effect_applied)).await;
    assert_eq!((answer.resumption_count, chat.calls(Route::Patch)), (1, 2));
    chat.shows(&harness, &answer);
    harness.stop().await.unwrap();
}

/// The write of the first try is still on its way when the second try of the same handshake has succeeded, and the customer
/// drops again. The next count must not be written before that one has landed, or it would be turned back.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_write_never_turns_the_count_of_a_newer_handshake_back() {
    let harness = roomy_with(&[("genesys.timeout", "500ms")]).await;
    let (chat, first) = attached(&harness).await;
    harness.fails(Route::Patch, Fault::Delay { ms: 700, after_effect: false });
    assert_eq!(reason(&chat.confirm(&first).await.unwrap_err()), "UPSTREAM_TIMEOUT");
    assert_eq!(chat.confirm_at_last(&first).await.resumption_count, 1);
    let second = next(&harness, &chat).await;
    let answer = chat.confirm_at_last(&second).await;
    assert_eq!(answer.resumption_count, 2);
    eventually("the late write", || harness.control.calls(Route::Patch).iter().all(|call| call.effect_applied)).await;
    chat.shows(&harness, &answer);
    harness.stop().await.unwrap();
}

/// The first try's write is taken and its answer lost; the second try's write is certainly not taken, which says nothing of the
/// first one's.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_is_refused_does_not_make_a_lost_write_count_twice() {
    let harness = roomy().await;
    let (chat, handshake) = attached(&harness).await;
    confirm_in_outage(&harness, &chat, &handshake, Fault::Reset { after_effect: true }).await;
    assert_eq!(chat.count(), 1);
    confirm_in_outage(&harness, &chat, &handshake, status(403, false)).await;
    let answer = chat.confirm_at_last(&handshake).await;
    assert_eq!(answer.resumption_count, 1, "one handshake was confirmed");
    harness.stop().await.unwrap();
}

/// A proxy's page with status 200 says nothing of the write it stood in the way of: the outcome is unknown, and a retry mends
/// it. Whoever looks at the status alone confirms a resumption that nobody wrote down.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxys_page_is_not_taken_for_a_written_count() {
    let harness = roomy().await;
    let (chat, handshake) = attached(&harness).await;
    harness.fails(Route::Patch, page(200, "<html>Welcome to the guest network</html>"));
    let answer: pb::ConfirmReattachResponse = chat.confirm_at_last(&handshake).await;
    chat.shows(&harness, &answer);
    harness.stop().await.unwrap();
}
