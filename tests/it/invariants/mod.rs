//! The design's invariants, attacked.

mod chaos;
mod clockwork;
mod context;
mod count;
mod credit;
mod gates;
mod handshakes;
mod lost;
mod pace;
mod privacy;
mod raw;
mod tabs;
mod traces;

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use tokio::time::{Instant, sleep};
use tonic::Status;

use crate::support::{Chat, Harness, Refusal};

/// One call's timeout in most of these tests: twice as long is soon over.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);
/// Later than the timeout, and earlier than twice the timeout.
pub(crate) const LATE_MS: u64 = 450;
/// Later than twice the timeout.
pub(crate) const HANG_MS: u64 = 650;
/// Whoever has not succeeded by then never will.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// The longest that a test stays away: coming back earlier than told is impolite, and must be harmless.
const LONGEST_NAP: Duration = Duration::from_millis(300);

/// A service with the short timeout and as many requests as it likes.
pub(crate) async fn roomy() -> Harness {
    roomy_with(&[]).await
}

pub(crate) async fn roomy_with(settings: &[(&str, &str)]) -> Harness {
    let options = SimOptions { requests_per_minute: u32::MAX, ..SimOptions::default() };
    let roomy = [("genesys.timeout", "300ms"), ("genesys.budget_per_minute", "100000")];
    Harness::with(options, &[&roomy, settings].concat()).await
}

/// The reason an error gives, and when it says to return.
pub(crate) fn told(status: &Status) -> (String, Option<Duration>) {
    let refusal = Refusal::of(status);
    (refusal.reason, refusal.retry)
}

pub(crate) fn reason(status: &Status) -> String {
    told(status).0
}

/// An error that time mends: its reason and the delay.
pub(crate) fn retryable(status: &Status) -> (String, Duration) {
    let (reason, delay) = told(status);
    (reason, delay.unwrap_or_else(|| panic!("not retryable: {status:?}")))
}

pub(crate) fn status(code: u16, after_effect: bool) -> Fault {
    Fault::Status { code, retry_after_s: None, after_effect }
}

pub(crate) fn page(status: u16, body: &str) -> Fault {
    Fault::Body { status, content_type: "text/html".into(), body: body.into() }
}

pub(crate) fn json(status: u16, body: &str) -> Fault {
    Fault::Body { status, content_type: "application/json".into(), body: body.into() }
}

impl Harness {
    /// The next call of this route goes wrong.
    pub(crate) fn fails(&self, route: Route, fault: Fault) {
        self.fails_after(0, route, fault);
    }

    /// One call of this route goes wrong, after some that do not.
    pub(crate) fn fails_after(&self, skip: u32, route: Route, fault: Fault) {
        self.control.script_fault(FaultScript { route, times: 1, skip, fault }).unwrap();
    }

    /// Every call of this route goes wrong, until the faults are cleared.
    pub(crate) fn outage(&self, route: Route, fault: Fault) {
        self.control.script_fault(FaultScript { route, times: u32::MAX, skip: 0, fault }).unwrap();
    }

    /// No call broke the contract, and none was answered 429 by the limit itself.
    pub(crate) fn kept_the_contract(&self) {
        for entry in self.control.ledger() {
            assert_eq!(entry.violation, None, "{entry:?}");
            assert!(entry.faulted || entry.status != Some(429), "{entry:?}");
        }
    }
}

/// Waits for something that happens elsewhere.
pub(crate) async fn eventually(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn nap(status: &Status, deadline: Instant) {
    let (_, delay) = retryable(status);
    assert!(Instant::now() < deadline, "still: {status:?}");
    sleep(delay.min(LONGEST_NAP)).await;
}

impl Chat {
    /// A handshake that is confirmed, however often it takes.
    pub(crate) async fn confirmed_at_last(&self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let handshake = loop {
            match self.validate().await {
                Ok(answer) => break answer.handshake_id,
                Err(error) => nap(&error, deadline).await,
            }
        };
        self.confirm_at_last(&handshake).await;
        handshake
    }

    /// Confirms, as often as it takes.
    pub(crate) async fn confirm_at_last(&self, handshake: &str) -> pb::ConfirmReattachResponse {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.confirm(handshake).await {
                Ok(answer) if answer.outcome() == Confirm::Confirmed => return answer,
                Ok(answer) => assert!(Instant::now() < deadline, "{answer:?}"),
                Err(error) => nap(&error, deadline).await,
            }
        }
    }

    /// Injects, as often as it takes.
    pub(crate) async fn inject_at_last(&self, handshake: &str, messages: &[(&str, &str)]) -> pb::InjectContextResponse {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.inject(handshake, messages).await {
                Ok(answer) if answer.outcome() == Inject::Complete => return answer,
                Ok(answer) => {
                    assert!(Instant::now() < deadline, "{answer:?}");
                    sleep(Duration::from_millis(20)).await;
                }
                Err(error) => nap(&error, deadline).await,
            }
        }
    }

    /// The customer drops again and is attached again.
    pub(crate) fn drop_and_attach(&self, harness: &Harness) {
        harness.control.drop_customer(&self.conversation).unwrap();
        harness.control.attach(&self.conversation, None).unwrap();
    }

    pub(crate) fn attribute(&self, harness: &Harness, key: &str) -> Option<String> {
        harness.control.conversation(&self.conversation).unwrap().custom_attributes.get(key).cloned()
    }

    /// What was written beside the conversation is what a confirmation said, all of it.
    pub(crate) fn shows(&self, harness: &Harness, answer: &pb::ConfirmReattachResponse) {
        let count = self.attribute(harness, "resumptionCount");
        assert_eq!(count, Some(answer.resumption_count.to_string()));
        let told = answer.last_resumption_time.unwrap();
        let told = jiff::Timestamp::new(told.seconds, told.nanos).unwrap();
        assert_eq!(self.attribute(harness, "lastResumptionTimestamp"), Some(format!("{told:.3}")));
    }

    /// Every id a complete injection names stands in the transcript once, in the order asked, with the text asked.
    pub(crate) fn holds(&self, harness: &Harness, answer: &pb::InjectContextResponse, texts: &[&str]) {
        let lines = harness.control.transcript(&self.conversation).unwrap();
        let named = answer.marker_result.iter().chain(&answer.results).map(|result| result.message_id.clone());
        let found: Vec<(String, &str)> = lines.iter().map(|line| (line.id.clone(), line.text.as_str())).collect();
        let expected: Vec<(String, &str)> = named.zip(texts.iter().copied()).collect();
        assert_eq!(found, expected);
    }

    /// The largest number of this chat's calls of a route that were under way when another one came.
    pub(crate) fn overlaps(&self, harness: &Harness, route: Route) -> usize {
        let calls = harness.control.calls(route).into_iter();
        let ours = calls.filter(|entry| entry.conversation_id.as_deref() == Some(&self.conversation));
        ours.map(|entry| entry.in_flight).max().unwrap_or_default()
    }
}
