//! A session's whole life while everything fails at random: whatever happened, the end is the same.

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use session_resumption::pb::validate_session_response::Decision;
use tokio::time::{Instant, sleep};

use super::{HANG_MS, LATE_MS, PATIENCE, page, retryable, roomy, status};
use crate::support::{Chat, Harness, MARKER};

fn fault() -> impl Strategy<Value = Fault> {
    let any = any::<bool>;
    prop_oneof![
        (prop::sample::select(&[500_u16, 502, 503, 504][..]), any()).prop_map(|(code, effect)| status(code, effect)),
        any().prop_map(|after_effect| Fault::Reset { after_effect }),
        (prop::sample::select(&[20, LATE_MS][..]), any())
            .prop_map(|(ms, after_effect)| Fault::Delay { ms, after_effect }),
        Just(Fault::Truncate),
        Just(Fault::Malformed),
        Just(Fault::Hang { ms: HANG_MS }),
        Just(page(502, "<html>bad gateway</html>")),
    ]
}

/// Faults whose effect is certainly none, and which pass: a 400 to a message is final.
fn refusal() -> impl Strategy<Value = Fault> {
    prop::sample::select(&[403_u16, 405, 409, 429][..]).prop_map(|code| status(code, false))
}

pub(super) fn script() -> impl Strategy<Value = FaultScript> {
    let routes = &[Route::Read, Route::Patch, Route::PostMessage, Route::Transcript, Route::AnyApi][..];
    let broken = (prop::sample::select(routes), fault());
    let refused = (prop::sample::select(routes), refusal());
    (prop_oneof![3 => broken.boxed(), 1 => refused.boxed()], 1_u32..4, 0_u32..4)
        .prop_map(|((route, fault), times, skip)| FaultScript { route, times, skip, fault })
}

async fn live(harness: &Harness, callers: usize, scripts: &[FaultScript]) -> Result<(), TestCaseError> {
    let chat = Chat::dropped(harness);
    for script in scripts {
        harness.control.script_fault(script.clone()).unwrap();
    }
    let deadline = Instant::now() + PATIENCE;
    let handshake = loop {
        match chat.validate().await {
            Ok(answer) => {
                prop_assert_eq!(answer.decision(), Decision::Resumable);
                break answer.handshake_id;
            }
            Err(error) => {
                retryable(&error);
                prop_assert!(Instant::now() < deadline, "{:?}", error);
                sleep(std::time::Duration::from_millis(20)).await;
            }
        }
    };
    harness.control.attach(&chat.conversation, None).unwrap();
    let confirmed = join_all((0..callers).map(|_| chat.confirm_at_last(&handshake))).await;
    prop_assert!(confirmed.iter().all(|answer| answer.resumption_count == 1), "{:?}", confirmed);
    let messages = [("a", "one"), ("b", "one"), ("c", "three")];
    let injected = join_all((0..callers).map(|_| chat.inject_at_last(&handshake, &messages))).await;
    harness.control.clear_faults();
    // What is still on its way arrives before the end is looked at.
    sleep(std::time::Duration::from_millis(LATE_MS)).await;
    let texts = chat.transcript();
    prop_assert_eq!(&texts, &[MARKER, "one", "one", "three"]);
    for answer in &injected {
        chat.holds(harness, answer, &[MARKER, "one", "one", "three"]);
    }
    chat.shows(harness, &confirmed[0]);
    Ok(())
}

#[test]
fn whatever_fails_each_session_is_resumed_once_counted_once_and_complete() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    // One service each, all at once: most of the time is spent waiting.
    let session = (1_usize..4, prop::collection::vec(script(), 1..9));
    let run = runner.run(&prop::collection::vec(session, 24), |sessions| {
        runtime.block_on(async {
            let lives = sessions.iter().map(|(callers, scripts)| async move {
                let harness = roomy().await;
                let ended = live(&harness, *callers, scripts).await;
                let ended = ended.map_err(|why| TestCaseError::fail(format!("{callers} callers, {scripts:#?}: {why}")));
                harness.kept_the_contract();
                harness.stop().await.unwrap();
                ended
            });
            join_all(lives).await.into_iter().collect()
        })
    });
    run.unwrap();
}
