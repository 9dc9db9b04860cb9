//! Invariant 4 where the transcript cannot be read back: at most once beats at least once.

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use session_resumption::pb;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::inject_context_response::{Outcome, Result as Written};
use tokio::time::sleep;

use super::{TIMEOUT, json, page, roomy};
use crate::support::{Chat, Harness, MARKER};

fn fates(answer: &pb::InjectContextResponse) -> Vec<Fate> {
    answer.marker_result.iter().chain(&answer.results).map(Written::outcome).collect()
}

/// Ways in which a Genesys says that it has no transcript.
fn without_a_transcript(harness: &Harness, way: usize) {
    match way {
        0 => harness.control.set_transcript_support(false),
        1 => harness.outage(Route::Transcript, json(404, r#"{"code": "not.found", "status": 404}"#)),
        _ => harness.outage(Route::Transcript, page(404, "<html>no such page</html>")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_transcript_what_is_unknown_stays_so_and_nothing_is_sent_twice() {
    let stories = [(0, false), (0, true), (1, true), (2, false)].map(async |(way, after_effect)| {
        let harness = roomy().await;
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        without_a_transcript(&harness, way);
        harness.fails_after(1, Route::PostMessage, Fault::Reset { after_effect });
        let messages = [("a", "one"), ("b", "two")];
        let answer = chat.inject(&handshake, &messages).await.unwrap();
        assert_eq!(answer.outcome(), Outcome::Incomplete);
        assert_eq!(fates(&answer), [Fate::Injected, Fate::Unknown, Fate::NotAttempted]);
        let posts = chat.calls(Route::PostMessage);
        // At once, and when absence would count if there were a transcript.
        for _ in 0..2 {
            let answer = chat.inject(&handshake, &messages).await.unwrap();
            assert_eq!(fates(&answer), [Fate::AlreadyPresent, Fate::Unknown, Fate::NotAttempted]);
            sleep(2 * TIMEOUT).await;
        }
        assert_eq!(chat.calls(Route::PostMessage), posts, "nothing was sent");
        // Other messages go on, after it and in order.
        let answer = chat.inject_at_last(&handshake, &[("b", "two"), ("c", "three")]).await;
        assert_eq!(fates(&answer), [Fate::AlreadyPresent, Fate::Injected, Fate::Injected]);
        let one = if after_effect { &["one"][..] } else { &[] };
        assert_eq!(chat.transcript(), [&[MARKER], one, &["two", "three"]].concat());
        harness.kept_the_contract();
        harness.stop().await.unwrap();
    });
    join_all(stories).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_transcript_and_without_trouble_all_is_written() {
    let harness = roomy().await;
    without_a_transcript(&harness, 0);
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    let answer = chat.inject(&handshake, &[("a", "one"), ("b", "two")]).await.unwrap();
    assert_eq!(answer.outcome(), Outcome::Complete);
    chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_unknown_is_settled_once_the_transcript_can_be_read() {
    for after_effect in [false, true] {
        let harness = roomy().await;
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        without_a_transcript(&harness, 0);
        harness.fails_after(1, Route::PostMessage, Fault::Reset { after_effect });
        let messages = [("a", "one"), ("b", "two")];
        assert_eq!(chat.inject(&handshake, &messages).await.unwrap().outcome(), Outcome::Incomplete);
        harness.control.set_transcript_support(true);
        let answer = chat.inject_at_last(&handshake, &messages).await;
        chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
        harness.stop().await.unwrap();
    }
}

/// The transcript cannot be read before the first message is sent (a proxy's 404, once); that message is lost; then the
/// transcript can be read, and the customer said the same long before. Where nobody knows where the transcript ended, no line
/// may be claimed by its text: the message would be reported as INJECTED and never be written.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_watermark_an_older_line_is_not_taken_for_the_lost_message() {
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    harness.control.customer_message(&chat.conversation, "yes").unwrap();
    let handshake = chat.confirmed().await;
    harness.fails(Route::Transcript, page(404, "<html>no such page</html>"));
    harness.fails(Route::PostMessage, Fault::Reset { after_effect: false });
    let request =
        pb::InjectContextRequest { marker: String::new(), ..chat.inject_request(&handshake, &[("a", "yes")]) };
    let answer = harness.client.clone().inject_context(request).await.unwrap().into_inner();
    let old = harness.control.transcript(&chat.conversation).unwrap()[0].id.clone();
    assert_ne!(answer.results[0].message_id, old, "{:?}", answer.results[0].outcome());
    harness.stop().await.unwrap();
}
