//! The audit record holds exactly one line for each resumption, whatever becomes of its callers, its writes and their answers.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

use crate::invariants::{LATE_MS, eventually, reason, roomy, roomy_with, status};
use crate::support::{Captured, Chat, Harness};

/// The lines of these handshakes' resumptions, as (handshake, count).
fn lines(captured: &Captured) -> Vec<(String, u64)> {
    let of = |line: &Value| (line["handshake"].as_str().unwrap().to_owned(), line["count"].as_u64().unwrap());
    captured.events("resumption").iter().map(of).collect()
}

/// A confirmation whose write is taken, and whose answer is lost.
async fn lose_the_answer(harness: &Harness, chat: &Chat, handshake: &str) {
    harness.outage(Route::Patch, Fault::Reset { after_effect: true });
    let error = chat.confirm(handshake).await.unwrap_err();
    assert_eq!(reason(&error), "UPSTREAM_UNAVAILABLE");
    harness.control.clear_faults();
}

fn digest(id: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let [first, ..] = digest.as_chunks::<8>().0 else { unreachable!() };
    format!("{:016x}", u64::from_be_bytes(*first))
}

#[tokio::test(flavor = "current_thread")]
async fn a_line_says_who_and_what_and_when() {
    let (captured, _guards) = Captured::audit();
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    chat.confirm(&handshake).await.unwrap();
    let [line] = captured.events("resumption").try_into().unwrap();
    let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("{key} in {line}")).to_owned();
    assert_eq!(
        (text("target"), text("principal"), text("role")),
        ("audit".into(), "loopback".into(), "service".into())
    );
    assert_eq!((text("handshake"), line["count"].as_u64()), (handshake, Some(1)));
    assert_eq!(text("conversation"), digest(&chat.conversation));
    assert_eq!(text("participant"), digest(&chat.customer));
    assert_eq!(text("agent"), digest("agent-ada"));
    // The very instant that stands beside the conversation.
    let attributes = harness.control.conversation(&chat.conversation).unwrap().custom_attributes;
    assert_eq!(Some(&text("resumed_at")), attributes.get("lastResumptionTimestamp"));
    let as_of: jiff::Timestamp = text("as_of").parse().unwrap();
    assert!(harness.control.now().duration_since(as_of).as_secs() < 30, "{as_of}");
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn many_who_confirm_and_confirm_again_make_one_line() {
    let (captured, _guards) = Captured::audit();
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    for _ in 0..2 {
        join_all((0..20).map(|_| chat.confirm(&handshake))).await.into_iter().for_each(|answer| drop(answer.unwrap()));
    }
    assert_eq!(lines(&captured), [(handshake, 1)]);
    assert_eq!(captured.events("confirmed").len(), 40, "each caller was told");
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_caller_who_left_leaves_a_line_behind() {
    let (captured, _guards) = Captured::audit();
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let slow = Fault::Delay { ms: 300, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Patch, slow)).unwrap();
    tokio::select! {
        answer = chat.confirm(&handshake) => panic!("it was answered: {answer:?}"),
        () = eventually("the write", || chat.calls(Route::Patch) == 1) => {}
    }
    eventually("the line", || !lines(&captured).is_empty()).await;
    assert!(captured.events("confirmed").is_empty(), "nobody was told");
    assert!(chat.confirm(&handshake).await.unwrap().replayed);
    assert_eq!(lines(&captured), [(handshake, 1)]);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn a_lost_answer_and_a_repeat_make_one_line() {
    let (captured, _guards) = Captured::audit();
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    lose_the_answer(&harness, &chat, &handshake).await;
    assert_eq!(lines(&captured), [], "nobody knows");
    for _ in 0..2 {
        assert_eq!(chat.confirm_at_last(&handshake).await.resumption_count, 1);
    }
    assert_eq!(lines(&captured), [(handshake, 1)]);
    harness.stop().await.unwrap();
}

/// The first handshake's write turns out to have been taken, and its caller never comes back: whoever confirms the next one
/// finds out, or nobody.
#[tokio::test(flavor = "current_thread")]
async fn whoever_finds_that_an_earlier_write_was_taken_writes_its_line() {
    let fates = [
        (Fault::Reset { after_effect: true }, 1),
        (Fault::Delay { ms: LATE_MS, after_effect: false }, 1),
        (status(503, false), 0),
    ];
    for (fault, landed) in fates {
        let (captured, _guards) = Captured::audit();
        let harness = roomy_with(&[("handshake.replay_ttl", "1s")]).await;
        let chat = Chat::live(&harness);
        let first = chat.validate().await.unwrap().handshake_id;
        harness.outage(Route::Patch, fault.clone());
        chat.confirm(&first).await.unwrap_err();
        harness.control.clear_faults();
        sleep(Duration::from_millis(1_050)).await;
        let second = chat.validate().await.unwrap().handshake_id;
        assert_ne!(first, second);
        assert_eq!(lines(&captured), []);
        chat.confirm_at_last(&second).await;
        let mut expected = vec![(first.clone(), 1); landed];
        expected.push((second.clone(), landed as u64 + 1));
        let mut found = lines(&captured);
        found.sort_by_key(|(_, count)| *count);
        assert_eq!(found, expected, "{fault:?}");
        // Neither is written again by whoever asks again.
        assert_eq!(reason(&chat.confirm(&first).await.unwrap_err()), "HANDSHAKE_SUPERSEDED");
        chat.confirm(&second).await.unwrap();
        assert_eq!(lines(&captured).len(), expected.len());
        harness.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_not_counted_has_no_line() {
    let (captured, _guards) = Captured::audit();
    let harness = roomy().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    chat.confirm(&handshake).await.unwrap();
    harness.control.attach(&chat.conversation, None).unwrap();
    harness.outage(Route::Patch, status(403, false));
    chat.confirm(&handshake).await.unwrap_err();
    harness.control.terminate(&chat.conversation).unwrap();
    chat.confirm(&handshake).await.unwrap();
    assert_eq!(lines(&captured), []);
    let outcomes: Vec<bool> =
        captured.events("not_confirmed").iter().map(|line| line["ended"].as_bool().unwrap()).collect();
    assert_eq!(outcomes, [false, true]);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn every_line_says_which_role_called() {
    let (captured, _guards) = Captured::audit();
    let harness = roomy().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap();
    chat.confirm(&uuid::Uuid::new_v4().to_string()).await.unwrap_err();
    let text = captured.text();
    let parsed: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in ["decided", "resumption", "confirmed", "injected", "failed"] {
        assert!(parsed.iter().any(|line| line["event"] == event), "{event} in {text}");
    }
    assert!(parsed.iter().all(|line| line["role"] == "service"), "{text}");
    harness.stop().await.unwrap();
}
