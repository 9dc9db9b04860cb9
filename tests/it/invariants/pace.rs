//! The herd: those who fail together do not return together.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};

use super::{reason, retryable, roomy, roomy_with, status};
use crate::support::{Chat, MARKER};

#[tokio::test(flavor = "multi_thread")]
async fn those_who_fail_together_are_told_different_times_to_return() {
    let harness = roomy().await;
    for (fault, base) in [
        (status(503, false), 2),
        (Fault::Status { code: 503, retry_after_s: Some(7), after_effect: false }, 7),
        (Fault::Status { code: 429, retry_after_s: Some(30), after_effect: false }, 30),
        (Fault::Hang { ms: 1_000 }, 2),
        (Fault::Malformed, 10),
    ] {
        let chat = Chat::dropped(&harness);
        harness.outage(Route::Read, fault.clone());
        let errors = join_all((0..40).map(|_| chat.validate())).await;
        harness.control.clear_faults();
        let delays: Vec<Duration> = errors.into_iter().map(|error| retryable(&error.unwrap_err()).1).collect();
        let (base, different) = (Duration::from_secs(base), delays.iter().collect::<BTreeSet<_>>().len());
        assert!(delays.iter().all(|delay| (base..=2 * base).contains(delay)), "{fault:?}: {delays:?}");
        assert_eq!(different, 40, "{fault:?}: {delays:?}");
        let (first, last) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
        assert!(last.abs_diff(*first) > base / 2, "{fault:?}: between {first:?} and {last:?}");
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_who_fail_together_are_told_different_times_too() {
    let harness = roomy_with(&[("genesys.timeout", "500ms")]).await;
    let chat = Chat::live(&harness);
    let handshake = chat.confirmed().await;
    harness.fails(Route::PostMessage, Fault::Hang { ms: 1_000 });
    chat.inject(&handshake, &[("a", "one")]).await.unwrap();
    let errors = join_all((0..10).map(|_| chat.inject(&handshake, &[("a", "one")]))).await;
    let told: BTreeSet<Duration> = errors
        .into_iter()
        .map(|error| error.unwrap_err())
        .map(|error| {
            assert_eq!(reason(&error), "OUTCOME_PENDING");
            let delay = retryable(&error).1;
            assert!(delay <= Duration::from_secs(2), "{delay:?}");
            delay
        })
        .collect();
    assert_eq!(told.len(), 10, "{told:?}");
    let answer = chat.inject_at_last(&handshake, &[("a", "one")]).await;
    chat.holds(&harness, &answer, &[MARKER, "one"]);
    harness.stop().await.unwrap();
}
