//! Genesys is down, or half down: callers are told at once, nothing is sent meanwhile, and its return is noticed.

use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route};
use session_resumption::pb::validate_session_response::Decision;
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use crate::invariants::{HANG_MS, retryable, roomy, status};
use crate::support::{Chat, Harness, MARKER};

/// More sessions than it takes to see that Genesys is down.
const MANY: usize = 24;

fn chats(harness: &Harness) -> Vec<Chat> {
    (0..MANY).map(|_| Chat::dropped(harness)).collect()
}

/// Asks for these sessions at the same time; each is told to return, and when.
async fn all_are_held_back(chats: &[Chat]) {
    for answer in join_all(chats.iter().map(Chat::validate)).await {
        held_back(&answer.unwrap_err());
    }
}

fn held_back(error: &Status) {
    let (reason, delay) = retryable(error);
    assert_eq!(error.code(), Code::Unavailable, "{reason}");
    assert!((Duration::from_secs(2)..=Duration::from_mins(1)).contains(&delay), "{delay:?}");
}

/// Takes all reads down and waits until nobody asks any more; answers since when.
async fn take_down(harness: &Harness, fault: Fault) -> Instant {
    let since = Instant::now();
    harness.outage(Route::Read, fault);
    all_are_held_back(&chats(harness)).await;
    harness.control.clear_ledger();
    since
}

/// The most probes there can have been: nobody is let through for a second at least before each.
fn probes(since: Instant) -> usize {
    usize::try_from(since.elapsed().as_secs()).unwrap()
}

/// Asks until the session is judged. Whatever else is said, it is not that there is none.
async fn resumed(chat: &Chat) -> String {
    let began = Instant::now();
    loop {
        match chat.validate().await {
            Ok(answer) => {
                assert_eq!(answer.decision(), Decision::Resumable);
                return answer.handshake_id;
            }
            Err(error) => held_back(&error),
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it is back and nobody notices");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_genesys_is_down_callers_are_told_at_once_and_served_when_it_is_back() {
    let outages = [status(503, false), Fault::Hang { ms: HANG_MS }].map(async |fault| {
        let harness = roomy().await;
        let opened = harness.metric("session_resumption_upstream_breaker_opened_total{access=\"read\"}");
        let refused = "session_resumption_upstream_calls_total{operation=\"read\",outcome=\"circuit_open\"}";
        let not_called = harness.metric(refused);
        let since = take_down(&harness, fault).await;
        let chats = chats(&harness);
        all_are_held_back(&chats).await;
        let reads = harness.control.calls(Route::Read).len();
        assert!(reads <= probes(since), "{reads} reads of a Genesys that is down");
        assert!(harness.metric("session_resumption_upstream_breaker_opened_total{access=\"read\"}") > opened);
        assert!(harness.metric(refused) > not_called);

        harness.control.clear_faults();
        resumed(&chats[0]).await;
        for chat in &chats {
            resumed(chat).await;
        }
        harness.kept_the_contract();
        harness.stop().await.unwrap();
    });
    join_all(outages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_genesys_is_down_nothing_is_written_and_nothing_left_in_doubt() {
    let harness = roomy().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let confirmed = Chat::live(&harness);
    let known = confirmed.confirmed().await;
    let messages = [("a", "one"), ("b", "two")];
    take_down(&harness, status(503, false)).await;
    for _ in 0..3 {
        held_back(&chat.confirm(&handshake).await.unwrap_err());
        held_back(&confirmed.inject(&known, &messages).await.unwrap_err());
    }
    let writes = harness.control.calls(Route::Patch).len() + harness.control.calls(Route::PostMessage).len();
    assert_eq!(writes, 0);

    harness.control.clear_faults();
    let answer = chat.confirm_at_last(&handshake).await;
    assert_eq!((answer.resumption_count, answer.replayed), (1, false));
    chat.shows(&harness, &answer);
    let answer = confirmed.inject_at_last(&known, &messages).await;
    confirmed.holds(&harness, &answer, &[MARKER, "one", "two"]);
    assert_eq!((chat.calls(Route::Patch), confirmed.calls(Route::PostMessage)), (1, 3));
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_genesys_takes_no_writes_sessions_are_found_and_counted_once_afterwards() {
    join_all([status(503, false), Fault::Hang { ms: HANG_MS }].map(writes_fail_by)).await;
}

async fn writes_fail_by(fault: Fault) {
    let harness = roomy().await;
    let attached: Vec<Chat> = (0..MANY).map(|_| Chat::live(&harness)).collect();
    let handshakes = join_all(attached.iter().map(resumed)).await;
    let (uncounted, unsaid, unseen) = (Chat::live(&harness), Chat::live(&harness), Chat::live(&harness));
    let (uncounted_id, unsaid_id) = (resumed(&uncounted).await, unsaid.confirmed().await);
    let since = Instant::now();
    harness.outage(Route::Patch, fault.clone());
    harness.outage(Route::PostMessage, fault);
    for answer in join_all(attached.iter().zip(&handshakes).map(|(chat, id)| chat.confirm(id))).await {
        held_back(&answer.unwrap_err());
    }
    // Who comes now sends nothing, unless it is the probe on a machine that took a second for this.
    let confirmation = uncounted.confirm(&uncounted_id).await;
    let injection = unsaid.inject(&unsaid_id, &[("a", "one")]).await;
    let sent = [uncounted.calls(Route::Patch), unsaid.calls(Route::PostMessage)];
    assert!(sent.iter().sum::<usize>() <= probes(since), "{sent:?}");
    held_back(&confirmation.unwrap_err());
    assert!(sent[1] > 0 || injection.is_err_and(|error| retryable(&error).0 == "UPSTREAM_UNAVAILABLE"));
    assert_eq!(unseen.validate().await.unwrap().decision(), Decision::Resumable, "found all the same");

    harness.control.clear_faults();
    let answer = unsaid.inject_at_last(&unsaid_id, &[("a", "one")]).await;
    unsaid.holds(&harness, &answer, &[MARKER, "one"]);
    assert_eq!(uncounted.confirm_at_last(&uncounted_id).await.resumption_count, 1);
    assert_eq!([uncounted.calls(Route::Patch), unsaid.calls(Route::PostMessage)], [sent[0] + 1, sent[1] + 2]);
    for (chat, handshake) in attached.iter().zip(&handshakes) {
        let answer = chat.confirm_at_last(handshake).await;
        assert_eq!(answer.resumption_count, 1);
        chat.shows(&harness, &answer);
    }
    harness.kept_the_contract();
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brown_out_keeps_nobody_out_and_is_not_multiplied() {
    const CALLS: usize = 200;
    let harness = roomy().await;
    for _ in 0..CALLS {
        // Three of ten reads fail.
        for skip in [2, 2, 3] {
            let script = FaultScript { route: Route::Read, times: 1, skip, fault: status(503, false) };
            harness.control.script_fault(script).unwrap();
        }
    }
    let began = Instant::now();
    let mut served = 0;
    for _ in 0..CALLS {
        match Chat::dropped(&harness).validate().await {
            Ok(answer) => {
                assert_eq!(answer.decision(), Decision::Resumable);
                served += 1;
            }
            Err(error) => held_back(&error),
        }
    }
    let reads = harness.control.calls(Route::Read).len();
    // Begun and ended within one: what is spent early may be had again late.
    let windows = 2 + usize::try_from(began.elapsed().as_secs()).unwrap() / 10;
    assert!(reads >= CALLS, "{reads}: every call was made");
    assert!(reads <= CALLS + CALLS / 5 + 10 * windows, "{reads}: a fifth was tried again, and ten every ten seconds");
    assert!(served >= CALLS * 7 / 10, "{served}");
    harness.stop().await.unwrap();
}
