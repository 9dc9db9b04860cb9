//! Whole sessions while everything fails at random, recorded and judged by the same invariants that the protocol's model is.

#[path = "../../support/invariants/mod.rs"]
mod invariants;
#[path = "../../support/recorder.rs"]
mod recorder;

use std::time::Duration;

use futures_util::future::{join, join_all};
use genesys_sim::{Fault, FaultScript, Route};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::validate_session_request::Intent;
use tokio::time::{Instant, sleep};
use tonic::Status;
use uuid::Uuid;

use self::invariants::{Invariant, Observed};
use self::recorder::Recorder;
use super::chaos::script;
use super::{LATE_MS, PATIENCE, retryable, roomy};
use crate::support::{Chat, Harness};

/// Long enough to let others go first, and short for a test.
const NAP: Duration = Duration::from_millis(20);

/// A session whose every call and effect is recorded.
struct Session<'a> {
    harness: &'a Harness,
    chat: Chat,
    recorder: Recorder,
}

impl<'a> Session<'a> {
    fn dropped(harness: &'a Harness) -> Self {
        let chat = Chat::dropped(harness);
        let recorder = Recorder::new(&harness.control, &chat.conversation, &chat.customer, 0);
        Self { harness, chat, recorder }
    }

    /// A tab's drop, asked about until there is an answer.
    async fn validate(&self, tab: &str, attempt: Uuid, intent: Intent) -> pb::ValidateSessionResponse {
        let request = pb::ValidateSessionRequest {
            client_instance_id: tab.to_owned(),
            attempt_id: attempt.to_string(),
            intent: intent.into(),
            ..self.chat.validate_request()
        };
        let answer = repeat(async || self.chat.send(request.clone()).await, |_| true).await;
        self.recorder.validated(Some(tab), &answer);
        answer
    }

    fn attach(&self) {
        self.harness.control.attach(&self.chat.conversation, None).unwrap();
        self.recorder.note(&Observed::Attached);
    }

    async fn confirm(&self, handshake: &str) {
        self.recorder.asks_to_confirm(handshake);
        let answer =
            repeat(async || self.chat.confirm(handshake).await, |answer| answer.outcome() == Confirm::Confirmed).await;
        self.recorder.confirmed(handshake, &answer);
    }

    async fn inject(&self, handshake: &str, messages: &[(&str, &str)]) {
        let request = self.chat.inject_request(handshake, messages);
        self.recorder.asks_to_inject(&request);
        let tell = async || {
            let answer = self.chat.inject(handshake, messages).await?;
            // Also what is not complete yet must be true.
            self.recorder.injected(&request, &answer);
            Ok(answer)
        };
        repeat(tell, |answer| answer.outcome() == Inject::Complete).await;
    }

    /// One drop: both tabs ask, the customer is attached, and two callers confirm and inject at once.
    async fn resume(&self, messages: &[(&str, &str)]) {
        let attempts = [Uuid::new_v4(), Uuid::new_v4()];
        self.recorder.drops();
        let (here, there) = join(
            self.validate("here", attempts[0], Intent::Resume),
            self.validate("there", attempts[1], Intent::Resume),
        )
        .await;
        self.attach();
        // Two tabs that ask at once share a handshake; the second drop of one may come before the other's.
        let handshake = if there.replayed { &there.handshake_id } else { &here.handshake_id };
        join(self.confirm(handshake), self.confirm(handshake)).await;
        self.validate("there", attempts[1], Intent::TakeOver).await;
        join(self.inject(handshake, messages), self.inject(handshake, messages)).await;
        self.validate("here", attempts[0], Intent::TakeOver).await;
    }
}

/// Calls until it is answered as it should be.
async fn repeat<T>(call: impl AsyncFn() -> Result<T, Status>, enough: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Ok(answer) if enough(&answer) => return answer,
            Ok(_) => {}
            Err(status) => drop(retryable(&status)),
        }
        assert!(Instant::now() < deadline, "it takes too long");
        sleep(NAP).await;
    }
}

async fn live(scripts: &[FaultScript]) -> Result<(), TestCaseError> {
    let harness = roomy().await;
    let session = Session::dropped(&harness);
    for script in scripts {
        harness.control.script_fault(script.clone()).unwrap();
    }
    session.resume(&[("a", "one"), ("b", "one")]).await;
    harness.control.drop_customer(&session.chat.conversation).unwrap();
    session.resume(&[("a", "one"), ("b", "one"), ("c", "three")]).await;
    harness.control.clear_faults();
    // What is still on its way arrives before the end is looked at.
    sleep(Duration::from_millis(LATE_MS)).await;
    let violations = session.recorder.violations();
    prop_assert!(violations.is_empty(), "{:#?}", violations);
    harness.stop().await.unwrap();
    Ok(())
}

#[test]
fn what_real_services_do_holds_what_the_model_holds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    // Most faults are mended at once. The one that is not is the write that lands after it was given up.
    let late = |route| FaultScript::once(route, Fault::Delay { ms: LATE_MS, after_effect: false });
    let session = prop::collection::vec(script(), 0..7);
    let run = runner.run(&prop::collection::vec(session, 12), |mut sessions| {
        for (session, route) in sessions.iter_mut().zip([Route::PostMessage, Route::Patch].into_iter().cycle()) {
            session.insert(0, late(route));
        }
        let lives = join_all(sessions.iter().map(|scripts| live(scripts)));
        runtime.block_on(lives).into_iter().collect()
    });
    run.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_somebody_doubles_is_seen() {
    let harness = roomy().await;
    let session = Session::dropped(&harness);
    session.resume(&[("a", "one")]).await;
    assert_eq!(session.recorder.violations(), []);
    harness.control.customer_message(&session.chat.conversation, "one").unwrap();
    let broken: Vec<Invariant> = session.recorder.violations().iter().map(|violation| violation.invariant).collect();
    assert_eq!(broken, [Invariant::OnceAndInOrder]);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_somebody_changes_is_seen() {
    let harness = roomy().await;
    let session = Session::dropped(&harness);
    session.resume(&[]).await;
    harness.control.set_attribute(&session.chat.conversation, "resumptionCount", "7").unwrap();
    let broken: Vec<Invariant> = session.recorder.violations().iter().map(|violation| violation.invariant).collect();
    assert!(!broken.is_empty() && broken.iter().all(|broken| *broken == Invariant::OneCount), "{broken:?}");
    harness.stop().await.unwrap();
}
