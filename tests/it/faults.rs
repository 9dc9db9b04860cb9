//! Every kind of fault in every position of every write: counted once, said once, in order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route};
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::inject_context_response::{Outcome as Inject, Result as Written};
use session_resumption::pb::validate_session_request::Intent;

use crate::invariants::{HANG_MS, LATE_MS, json, page, reason, roomy, status};
use crate::support::{Chat, Harness, MARKER};
use crate::topology::REPLICAS;

/// Services that share one test's cells: no more processes' worth of work for being replicas.
const WORKERS: usize = 24 / REPLICAS;

/// What a fault leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Certainly nothing, and the answer says so.
    Refused,
    /// Nothing.
    None,
    /// The write.
    Done,
    /// The write, after everybody has given up on it.
    Late,
}

/// Every way in which a call can fail, but those in which Genesys would lie: a refusal of what it has done.
fn faults() -> Vec<(Fault, Effect)> {
    use Effect::{Done, Late, None, Refused};
    let limited = |seconds| Fault::Status { code: 429, retry_after_s: seconds, after_effect: false };
    let delay = |ms, after_effect| Fault::Delay { ms, after_effect };
    let mut faults = Vec::new();
    faults.extend([400, 401, 403, 405, 409, 410, 413, 415, 422, 451].map(|code| (status(code, false), Refused)));
    faults.extend([limited(Option::None), limited(Some(1)), limited(Some(30))].map(|fault| (fault, Refused)));
    for code in [408, 500, 501, 502, 503, 504, 599] {
        faults.extend([(status(code, false), None), (status(code, true), Done)]);
    }
    faults.extend([302, 307].map(|code| (status(code, false), None)));
    faults.extend([
        (Fault::Status { code: 503, retry_after_s: Some(60), after_effect: true }, Done),
        (delay(30, false), Done),
        (delay(30, true), Done),
        (delay(LATE_MS, false), Late),
        (delay(HANG_MS, true), Done),
        (Fault::Reset { after_effect: false }, None),
        (Fault::Reset { after_effect: true }, Done),
        (Fault::Truncate, Done),
        (Fault::Malformed, Done),
        (Fault::Hang { ms: HANG_MS }, None),
        (page(502, "<html>bad gateway</html>"), None),
        (page(404, "<html>no such page</html>"), None),
        (json(404, "{}"), None),
    ]);
    faults
}

/// Answers with status 200 that are not Genesys': nothing was done.
fn impostors() -> Vec<(Fault, Effect)> {
    let bodies = ["", "{}", "null", "[]", "{\"id\": \"\"}", "{\"id\": 7}", "{\"id\": \"a\"} {}"];
    let mut faults: Vec<_> = bodies.iter().map(|body| (json(200, body), Effect::None)).collect();
    faults.push((page(200, "<html>Welcome to the guest network</html>"), Effect::None));
    faults.push((status(202, false), Effect::None));
    faults
}

/// Runs each cell once, on a few services at a time: most of a cell's time is waiting.
async fn each<T: std::fmt::Debug + Clone>(cells: Vec<T>, run: impl AsyncFn(&Harness, T)) {
    let next = AtomicUsize::new(0);
    // All are up before the first cell runs: starting is the heaviest thing they do.
    let services = join_all((0..WORKERS).map(|_| roomy())).await;
    let worker = async |harness: Harness| {
        while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            let named = Named(format!("{cell:?}"));
            run(&harness, cell.clone()).await;
            drop(named);
            harness.control.clear_faults();
        }
        harness.kept_the_contract();
        harness.stop().await.unwrap();
    };
    join_all(services.into_iter().map(worker)).await;
}

/// Says which cell it was when one fails.
struct Named(String);

impl Drop for Named {
    #[expect(clippy::print_stdout, reason = "the test harness shows it beside the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("in the cell {}", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_a_message_it_stands_in_the_transcript_once_and_in_order() {
    let cells = faults().into_iter().chain(impostors());
    let cells = cells.flat_map(|(fault, effect)| (0..3).map(move |position| (fault.clone(), effect, position)));
    each(cells.collect(), async |harness, (fault, effect, position)| {
        let chat = Chat::live(harness);
        let handshake = chat.confirmed_at_last().await;
        harness.fails_after(position, Route::PostMessage, fault);
        let messages = [("a", "one"), ("b", "two")];
        match chat.inject(&handshake, &messages).await {
            // A look may take too long where the machine is busy; then nothing was sent.
            Err(error) => assert!(effect == Effect::Refused || reason(&error) == "UPSTREAM_TIMEOUT", "{error:?}"),
            Ok(answer) if answer.outcome() == Inject::Complete => assert_ne!(effect, Effect::None),
            Ok(answer) => {
                assert_eq!(answer.outcome(), Inject::Incomplete, "{answer:?}");
                // Nothing overtakes what is unknown.
                let fates: Vec<Fate> =
                    answer.marker_result.iter().chain(&answer.results).map(Written::outcome).collect();
                let unknown = fates.iter().position(|fate| *fate == Fate::Unknown).unwrap();
                assert!(fates[..unknown].iter().all(|fate| *fate == Fate::Injected), "{fates:?}");
                assert!(fates[unknown + 1..].iter().all(|fate| *fate == Fate::NotAttempted), "{fates:?}");
            }
        }
        let answer = chat.inject_at_last(&handshake, &messages).await;
        chat.holds(harness, &answer, &[MARKER, "one", "two"]);
        let again = chat.inject(&handshake, &messages).await.unwrap();
        assert!(again.results.iter().all(|result| result.outcome() == Fate::AlreadyPresent));
        let sent_once = matches!(effect, Effect::Done | Effect::Late);
        let posts = chat.calls(Route::PostMessage);
        assert_eq!(posts, if sent_once { 3 } else { 4 });
        chat.holds(harness, &again, &[MARKER, "one", "two"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_the_look_at_the_transcript_nothing_is_written_twice() {
    // At the first look, before anything is sent; or at the look after a POST whose answer was lost, first, middle or last.
    let lost =
        || [false, true].into_iter().flat_map(|after_effect| (0..3).map(move |place| Some((place, after_effect))));
    let cells = faults().into_iter().flat_map(|(fault, _)| lost().chain([None]).map(move |lost| (fault.clone(), lost)));
    let cells = cells.chain(impostors().into_iter().map(|(fault, _)| (fault, Some((1, false)))));
    each(cells.collect(), async |harness, (fault, lost): (Fault, Option<(u32, bool)>)| {
        let chat = Chat::live(harness);
        let handshake = chat.confirmed_at_last().await;
        if let Some((position, after_effect)) = lost {
            harness.fails_after(position, Route::PostMessage, Fault::Reset { after_effect });
        }
        harness.fails_after(u32::from(lost.is_some()), Route::Transcript, fault);
        let messages = [("a", "one"), ("b", "two")];
        let answer = chat.inject_at_last(&handshake, &messages).await;
        chat.holds(harness, &answer, &[MARKER, "one", "two"]);
        let lost_for_good = lost.is_some_and(|(_, after_effect)| !after_effect);
        assert_eq!(chat.calls(Route::PostMessage), 3 + usize::from(lost_for_good));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_the_count_it_grows_by_one_for_each_confirmation() {
    // Once, or for as long as the first confirmation tries.
    let cells =
        faults().into_iter().flat_map(|(fault, effect)| [1, u32::MAX].map(|times| (fault.clone(), effect, times)));
    each(cells.collect(), async |harness, (fault, effect, times)| {
        let chat = Chat::dropped(harness);
        let handshake = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
        harness.control.attach(&chat.conversation, None).unwrap();
        // Writes given up on go on at Genesys.
        let slow = matches!(fault, Fault::Hang { .. } | Fault::Delay { ms: LATE_MS.., .. });
        let script = FaultScript { route: Route::Patch, times, skip: 0, fault };
        harness.control.script_fault(script).unwrap();
        let first = chat.confirm(&handshake).await;
        harness.control.clear_faults();
        let answer = chat.confirm_at_last(&handshake).await;
        assert_eq!(answer.resumption_count, 1);
        chat.shows(harness, &answer);
        if let Ok(first) = first {
            assert_eq!(first.outcome(), Confirm::Confirmed);
            assert_eq!(first.last_resumption_time, answer.last_resumption_time);
        }
        let patches =
            harness.control.calls(Route::Patch).into_iter().filter(|call| call.path.contains(&chat.conversation));
        let mut bodies: Vec<String> = patches.filter_map(|call| call.body).map(|body| body.to_string()).collect();
        if effect != Effect::Refused {
            // One reservation, one pair: whichever write is taken last, it says the same.
            bodies.dedup();
            assert_eq!(bodies.len(), 1, "{bodies:?}");
        }
        assert!(slow || chat.overlaps(harness, Route::Patch) == 0, "one write at a time");
        // Nothing of it is left behind for the next one.
        tokio::time::sleep(Duration::from_millis(LATE_MS)).await;
        chat.shows(harness, &answer);
        chat.drop_and_attach(harness);
        let second = chat.validate_as("tab", Intent::Resume).await.unwrap().handshake_id;
        let answer = chat.confirm_at_last(&second).await;
        assert_eq!(answer.resumption_count, 2);
        chat.shows(harness, &answer);
    })
    .await;
}

/// A 404 of Genesys' own on a write means that the conversation is gone; one that was an error is survived.
#[tokio::test(flavor = "multi_thread")]
async fn a_404_on_a_write_is_no_reason_to_write_twice() {
    let harness = roomy().await;
    for position in 0..3 {
        let chat = Chat::live(&harness);
        let handshake = chat.validate().await.unwrap().handshake_id;
        harness.fails(Route::Patch, status(404, false));
        assert_eq!(chat.confirm(&handshake).await.unwrap().outcome(), Confirm::SessionEnded);
        assert_eq!(chat.confirm_at_last(&handshake).await.resumption_count, 1);
        harness.fails_after(position, Route::PostMessage, status(404, false));
        let answer = chat.inject_at_last(&handshake, &[("a", "one"), ("b", "two")]).await;
        chat.holds(&harness, &answer, &[MARKER, "one", "two"]);
        assert_eq!((chat.count(), chat.calls(Route::PostMessage)), (1, 4));
    }
    harness.stop().await.unwrap();
}
