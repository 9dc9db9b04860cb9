//! Invariants 1 and 2: one read per handshake and at most one per heartbeat; everyone in a handshake is told the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use genesys_sim::{Fault, Route};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::Decision;
use tokio::time::timeout;
use tonic::Request;
use uuid::Uuid;

use super::{reason, roomy};
use crate::support::{Chat, Harness};

/// What one caller does.
#[derive(Debug, Clone)]
enum Act {
    Resume { tab: Option<u8>, attempt: Option<u8> },
    Heartbeat { tab: Option<u8> },
    TakeOver { tab: u8 },
    Confirm,
}

fn act() -> impl Strategy<Value = Act> {
    let tab = || prop::option::weighted(0.8, 0_u8..4);
    prop_oneof![
        6 => (tab(), prop::option::weighted(0.8, 0_u8..6)).prop_map(|(tab, attempt)| Act::Resume { tab, attempt }),
        2 => tab().prop_map(|tab| Act::Heartbeat { tab }),
        1 => (0_u8..4).prop_map(|tab| Act::TakeOver { tab }),
        1 => Just(Act::Confirm),
    ]
}

/// Acts of one inner list are concurrent, the lists follow each other.
fn story() -> impl Strategy<Value = Vec<Vec<Act>>> {
    prop::collection::vec(prop::collection::vec(act(), 1..9), 1..7)
}

fn request(chat: &Chat, act: &Act) -> pb::ValidateSessionRequest {
    let (tab, attempt, intent) = match act {
        Act::Resume { tab, attempt } => (*tab, *attempt, Intent::Resume),
        Act::Heartbeat { tab } => (*tab, None, Intent::Heartbeat),
        Act::TakeOver { tab } => (Some(*tab), None, Intent::TakeOver),
        Act::Confirm => unreachable!("it is another call"),
    };
    let of_tab = u128::from(tab.unwrap_or(9)) << 8;
    pb::ValidateSessionRequest {
        client_instance_id: tab.map(|tab| format!("tab-{tab}")).unwrap_or_default(),
        attempt_id: attempt.map(|n| Uuid::from_u128(of_tab | u128::from(n)).to_string()).unwrap_or_default(),
        intent: intent.into(),
        ..chat.validate_request()
    }
}

/// What the answers of one story showed.
#[derive(Debug, Default)]
struct Seen {
    /// What each handshake's callers were told of the conversation.
    handshakes: BTreeMap<String, BTreeSet<String>>,
    /// Answers that were not repeated from memory: whoever led, and heartbeats.
    fresh: usize,
    heartbeats: usize,
    confirms: usize,
    /// The ACTIVE tab of each epoch.
    active: BTreeMap<u64, BTreeSet<String>>,
}

impl Seen {
    fn add(&mut self, request: &pb::ValidateSessionRequest, answer: &pb::ValidateSessionResponse) {
        let heartbeat = request.intent() == Intent::Heartbeat;
        self.heartbeats += usize::from(heartbeat);
        self.fresh += usize::from(!answer.replayed && !heartbeat);
        if answer.tab_role() == pb::validate_session_response::TabRole::Active {
            self.active.entry(answer.tab_epoch).or_default().insert(request.client_instance_id.clone());
        }
        if !heartbeat {
            // Everything but the caller's own part.
            let told = pb::ValidateSessionResponse {
                tab_role: 0,
                tab_epoch: 0,
                replayed: false,
                routing_attributes: std::collections::HashMap::default(),
                ..answer.clone()
            };
            self.handshakes.entry(answer.handshake_id.clone()).or_default().insert(format!("{told:?}"));
        }
    }
}

async fn play(harness: &Harness, chat: &Chat, story: &[Vec<Act>]) -> Result<Seen, TestCaseError> {
    let mut seen = Seen::default();
    let mut last: Option<String> = None;
    for acts in story {
        let confirming = &last;
        let calls = acts.iter().map(async |act| match act {
            Act::Confirm => {
                if let Some(handshake) = confirming {
                    let confirmed = chat.confirm(handshake).await;
                    prop_assert!(confirmed.is_ok(), "{:?}", confirmed);
                }
                Ok(None)
            }
            act => {
                let request = request(chat, act);
                match chat.send(request.clone()).await {
                    Ok(answer) => Ok(Some((request, answer))),
                    Err(error) => {
                        prop_assert_eq!(reason(&error), "NOTHING_TO_TAKE_OVER");
                        Ok(None)
                    }
                }
            }
        });
        let confirms = acts.iter().filter(|act| matches!(act, Act::Confirm)).count();
        let answers: Result<Vec<_>, TestCaseError> = join_all(calls).await.into_iter().collect();
        seen.confirms += if last.is_some() { confirms } else { 0 };
        for (request, answer) in answers?.into_iter().flatten() {
            prop_assert_eq!(answer.decision(), Decision::Resumable);
            seen.add(&request, &answer);
            if request.intent() == Intent::Resume {
                last = Some(answer.handshake_id.clone());
            }
        }
    }
    let reads = chat.calls(Route::Read);
    let opened = seen.handshakes.len();
    prop_assert!(!seen.handshakes.contains_key(""), "every answer but a heartbeat's names its handshake");
    prop_assert!(seen.handshakes.values().all(|told| told.len() == 1), "one answer each: {:#?}", seen.handshakes);
    prop_assert_eq!(seen.fresh, opened, "one leader each");
    prop_assert!(reads <= opened + seen.heartbeats + seen.confirms, "{reads} reads: {seen:#?}");
    prop_assert!(seen.active.values().all(|tabs| tabs.len() == 1), "one ACTIVE tab per epoch: {:#?}", seen.active);
    prop_assert!(chat.calls(Route::Patch) <= opened, "one count each");
    prop_assert_eq!(chat.overlaps(harness, Route::Patch), 0);
    Ok(seen)
}

#[test]
fn whoever_asks_in_whatever_order_each_handshake_costs_one_read_and_has_one_answer() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let harness = runtime.block_on(roomy());
    let config = Config { cases: 96, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let longest = std::cell::Cell::new(0);
    let run = runner.run(&story(), |story| {
        let chat = Chat::live(&harness);
        let seen = runtime.block_on(play(&harness, &chat, &story))?;
        longest.set(longest.get().max(seen.handshakes.len()));
        Ok(())
    });
    run.unwrap();
    assert!(longest.get() > 2, "the stories have second drops: {}", longest.get());
    harness.kept_the_contract();
    runtime.block_on(harness.stop()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_leaves_costs_no_second_read() {
    let harness = roomy().await;
    let chat = Chat::dropped(&harness);
    harness.fails(Route::Read, Fault::Delay { ms: 100, after_effect: false });
    let mut hurried = Request::new(chat.validate_request());
    hurried.set_timeout(Duration::from_millis(40));
    let mut client = harness.client.clone();
    let (left, waited) = tokio::join!(client.validate_session(hurried), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        chat.validate().await
    });
    assert!(left.is_err(), "its deadline passed");
    assert_eq!(waited.unwrap().decision(), Decision::Resumable);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

/// Each caller has a deadline of its own: whoever joins a read in flight must not end with whoever began it.
#[tokio::test(flavor = "multi_thread")]
async fn a_hurried_heartbeat_does_not_fail_the_resume_that_joins_its_read() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    harness.fails(Route::Read, Fault::Delay { ms: 300, after_effect: false });
    let request = pb::ValidateSessionRequest { intent: Intent::Heartbeat.into(), ..chat.validate_request() };
    let mut hurried = Request::new(request);
    hurried.set_timeout(Duration::from_millis(150));
    let mut client = harness.client.clone();
    let (_, resumed) = tokio::join!(client.validate_session(hurried), async {
        super::eventually("the heartbeat's read", || chat.calls(Route::Read) == 1).await;
        timeout(Duration::from_secs(5), chat.validate()).await.unwrap()
    });
    assert_eq!(resumed.map(|answer| answer.decision()).map_err(|error| reason(&error)), Ok(Decision::Resumable));
    harness.stop().await.unwrap();
}
