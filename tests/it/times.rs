//! Times that clients tell are advisory: one that cannot be true is dropped and counted, and costs nobody anything.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use session_resumption::clock::SystemClock;
use session_resumption::pb;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::Reason;
use session_resumption::ports::Clock as _;
use tokio::sync::Mutex;

use crate::support::{Chat, Harness};

const NOTED: &str = "session_resumption_notes_total{note=\"implausible_client_time\"}";

/// The count is the process's: these tests take turns.
static TURN: Mutex<()> = Mutex::const_new(());

type Told = prost_types::Timestamp;

fn now() -> Timestamp {
    SystemClock::start().now()
}

fn told(time: Timestamp) -> Told {
    Told { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}

fn hours(hours: i64) -> Told {
    told(now().checked_add(SignedDuration::from_hours(hours)).unwrap())
}

fn minutes(minutes: i64) -> Told {
    told(now().checked_add(SignedDuration::from_mins(minutes)).unwrap())
}

fn plausible() -> Vec<Told> {
    vec![minutes(0), minutes(-1), minutes(4), hours(-1), hours(-71)]
}

fn implausible() -> Vec<Told> {
    let now = now().as_second();
    vec![
        hours(-73),
        minutes(6),
        hours(24),
        Told { seconds: 0, nanos: 0 },
        Told { seconds: -1, nanos: 0 },
        Told { seconds: -62_135_596_800, nanos: 0 },
        Told { seconds: 253_402_300_799, nanos: 999_999_999 },
        // Beyond what the type may hold.
        Told { seconds: 253_402_300_800, nanos: 0 },
        Told { seconds: i64::MAX, nanos: i32::MAX },
        Told { seconds: i64::MIN, nanos: i32::MIN },
        Told { seconds: now, nanos: 1_000_000_000 },
        Told { seconds: now, nanos: i32::MAX },
        Told { seconds: now, nanos: i32::MIN },
        // Milliseconds and microseconds taken for seconds.
        Told { seconds: now * 1_000, nanos: 0 },
        Told { seconds: now * 1_000_000, nanos: 0 },
    ]
}

/// How much the count grew since it stood at `before`.
fn counted(harness: &Harness, before: f64) -> usize {
    let grown = harness.metric(NOTED) - before;
    (0..10_000).find(|count: &u16| (f64::from(*count) - grown).abs() < 0.5).unwrap().into()
}

async fn validate(chat: &Chat, intent: Intent, time: Told) -> Reason {
    let request = pb::ValidateSessionRequest {
        intent: intent.into(),
        client_instance_id: "tab".into(),
        disconnect_time: Some(time),
        ..chat.validate_request()
    };
    chat.send(request).await.unwrap().reason()
}

#[tokio::test]
async fn a_disconnect_at_an_impossible_time_is_judged_like_any_other_and_counted() {
    let _turn = TURN.lock().await;
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    for (times, notes) in [(plausible(), 0), (implausible(), 1)] {
        for time in times {
            for intent in [Intent::Resume, Intent::Heartbeat, Intent::TakeOver] {
                let before = harness.metric(NOTED);
                assert_eq!(validate(&chat, intent, time).await, Reason::WithinWindow, "{time:?}");
                assert_eq!(counted(&harness, before), notes, "{intent:?} {time:?}");
            }
        }
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_sent_at_an_impossible_time_is_written_and_counted() {
    let _turn = TURN.lock().await;
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.confirmed().await;
    let message = |(number, time): (usize, Told)| pb::inject_context_request::Message {
        client_message_id: format!("m-{number}"),
        text: format!("message {number}"),
        sent_time: Some(time),
    };
    let times = [plausible(), implausible()].concat();
    let messages: Vec<_> = times.into_iter().enumerate().map(message).collect();
    let texts: Vec<String> = messages.iter().map(|message| message.text.clone()).collect();
    let before = harness.metric(NOTED);
    let request = pb::InjectContextRequest { marker: String::new(), messages, ..chat.inject_request(&handshake, &[]) };
    let injected = harness.inject(request).await.unwrap();
    assert_eq!(injected.outcome(), Outcome::Complete);
    assert_eq!(chat.transcript(), texts, "the order of the list counts, not the times");
    assert_eq!(counted(&harness, before), implausible().len());
    harness.stop().await.unwrap();
}

/// `google.protobuf.Timestamp`: nanos "must be from 0 to 999,999,999 inclusive". Below that the time is none.
#[tokio::test]
async fn a_time_of_negative_nanoseconds_is_no_time() {
    let _turn = TURN.lock().await;
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    for nanos in [-1, -999_999_999] {
        let before = harness.metric(NOTED);
        let time = Told { seconds: now().as_second(), nanos };
        assert_eq!(validate(&chat, Intent::Resume, time).await, Reason::WithinWindow);
        assert_eq!(counted(&harness, before), 1, "{nanos}");
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_time_does_not_stretch_the_window() {
    let _turn = TURN.lock().await;
    let harness = Harness::start().await;
    for (age, time, reason) in [
        (299, hours(-71), Reason::WithinWindow),
        (302, minutes(0), Reason::WindowExpired),
        (302, minutes(4), Reason::WindowExpired),
    ] {
        let chat = Chat::dropped(&harness);
        harness.advance(std::time::Duration::from_secs(age));
        assert_eq!(validate(&chat, Intent::Heartbeat, time).await, reason, "{age} s");
    }
    harness.stop().await.unwrap();
}

#[test]
fn no_time_at_all_is_an_error() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (_turn, harness) = runtime.block_on(async { (TURN.lock().await, Harness::start().await) });
    let chat = Chat::dropped(&harness);
    runtime.block_on(chat.validate()).unwrap();
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    let times = (any::<i64>(), any::<i32>()).prop_map(|(seconds, nanos)| Told { seconds, nanos });
    let outcome = TestRunner::new(config).run(&times, |time| {
        prop_assert_eq!(runtime.block_on(validate(&chat, Intent::Resume, time)), Reason::WithinWindow);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    runtime.block_on(harness.stop()).unwrap();
}
