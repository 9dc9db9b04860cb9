//! Nothing of a request gets out of its place in the URL that is sent to Genesys.

use std::time::Duration;

use genesys_sim::{NewConversation, SimOptions};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use session_resumption::pb;
use session_resumption::pb::inject_context_request::Message;
use session_resumption::pb::inject_context_response::Outcome;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::{BAD_IDS, BAD_UUIDS};
use crate::support::{Chat, Harness, Refusal};

const ROOT: &str = "/api/v2/conversations/messaging/";
const CASES: u32 = 300;

#[tokio::test]
async fn an_id_that_looks_like_a_path_stays_one_segment() {
    let harness = Harness::start().await;
    for id in ["...", "....", ".a", "a.", "..a", "a..", "~", "~root", "-", "_", "0", "messages", "A.b_c~d-e"] {
        let new = NewConversation {
            conversation_id: Some(id.to_owned()),
            customer_id: Some(id.to_owned()),
            agent_user_id: Some("ada".into()),
            ..NewConversation::default()
        };
        let chat = Chat::of(&harness, harness.control.create_conversation(new).unwrap());
        harness.control.clear_ledger();
        let handshake = chat.confirmed().await;
        let injected = chat.inject(&handshake, &[(id, "hello")]).await.unwrap();
        assert_eq!(injected.outcome(), Outcome::Complete, "{id}");
        for entry in harness.control.ledger() {
            assert!(is_about(&entry.path, id), "{id}: {}", entry.path);
            assert_eq!(entry.violation, None, "{id}: {}", entry.path);
        }
        assert_eq!(harness.paths().len(), 7, "{id}: three reads, the metadata, the transcript and two messages");
    }
    harness.stop().await.unwrap();
}

fn is_about(path: &str, conversation: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.strip_suffix("/messages").unwrap_or(rest) == conversation)
}

/// One of the three calls.
#[derive(Debug, Clone)]
enum Call {
    Validate(pb::ValidateSessionRequest),
    Confirm(pb::ConfirmReattachRequest),
    Inject(pb::InjectContextRequest),
}

impl Call {
    fn conversation(&self) -> &str {
        match self {
            Self::Validate(request) => &request.conversation_id,
            Self::Confirm(request) => &request.conversation_id,
            Self::Inject(request) => &request.conversation_id,
        }
    }

    async fn ask(self, harness: &Harness) -> Result<(), Status> {
        match self {
            Self::Validate(request) => harness.validate(request).await.map(drop),
            Self::Confirm(request) => harness.confirm(request).await.map(drop),
            Self::Inject(request) => harness.inject(request).await.map(drop),
        }
    }
}

/// What exists, for calls that get further than the first look.
#[derive(Debug, Clone)]
struct Known {
    conversation: String,
    customer: String,
    handshake: String,
}

fn text() -> BoxedStrategy<String> {
    let nasty = BAD_IDS.iter().chain(BAD_UUIDS).map(|text| (*text).to_owned()).collect::<Vec<_>>();
    prop_oneof![
        2 => any::<String>(),
        2 => select(nasty),
        1 => Just(String::new()),
        1 => Just("💬".repeat(4_097)),
        1 => "[./%~A-Za-z0-9-]{1,140}",
    ]
    .boxed()
}

fn id(known: &str) -> BoxedStrategy<String> {
    prop_oneof![2 => text(), 3 => "[A-Za-z0-9._~-]{1,128}", 3 => Just(known.to_owned())].boxed()
}

fn a_uuid(known: &str) -> BoxedStrategy<String> {
    prop_oneof![1 => text(), 2 => any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string()), 3 => Just(known.to_owned())]
        .boxed()
}

fn message() -> BoxedStrategy<Message> {
    let parts = (id("m-1"), prop_oneof![1 => text(), 2 => ".{1,50}"]);
    parts.prop_map(|(client_message_id, text)| Message { client_message_id, text, sent_time: None }).boxed()
}

fn call(known: &Known) -> BoxedStrategy<Call> {
    let ids = || (id(&known.conversation), id(&known.customer), a_uuid(&known.handshake));
    let optional = |strategy: BoxedStrategy<String>| prop_oneof![Just(String::new()), strategy].boxed();
    let names = || (optional(text()), optional(id("message")));
    let validate = (ids(), names(), optional(id("tab")), optional(a_uuid("x")), any::<bool>(), -1..5, text()).prop_map(
        |((conversation_id, participant_id, handshake), (key, message_id), tab, attempt_id, by_id, intent, reason)| {
            Call::Validate(pb::ValidateSessionRequest {
                conversation_id,
                participant_id,
                resume_key: key,
                client_instance_id: tab,
                attempt_id,
                handshake_id: if by_id { handshake } else { String::new() },
                intent,
                disconnect_reason: reason,
                disconnect_time: None,
                message_id,
            })
        },
    );
    let confirm = ids().prop_map(|(conversation_id, participant_id, handshake_id)| {
        Call::Confirm(pb::ConfirmReattachRequest { conversation_id, participant_id, handshake_id })
    });
    let inject = (ids(), optional(id("tab")), any::<u64>(), optional(text()), vec(message(), 0..4)).prop_map(
        |((conversation_id, participant_id, handshake_id), tab, tab_epoch, marker, messages)| {
            Call::Inject(pb::InjectContextRequest {
                conversation_id,
                participant_id,
                handshake_id,
                client_instance_id: tab,
                tab_epoch,
                marker,
                messages,
            })
        },
    );
    prop_oneof![validate, confirm, inject].boxed()
}

async fn check(harness: &Harness, call: Call) -> Result<(), TestCaseError> {
    harness.control.clear_ledger();
    let conversation = call.conversation().to_owned();
    let asked = timeout(Duration::from_secs(20), call.ask(harness)).await;
    let Ok(outcome) = asked else { return Err(TestCaseError::fail("no answer")) };
    if let Err(status) = outcome {
        let refusal = Refusal::of(&status);
        let explained = [Code::InvalidArgument, Code::NotFound, Code::FailedPrecondition];
        prop_assert!(explained.contains(&refusal.code), "{:?}", status);
        prop_assert_eq!(refusal.code == Code::InvalidArgument, !refusal.fields.is_empty(), "{:?}", status);
    }
    for entry in harness.control.ledger() {
        prop_assert!(is_about(&entry.path, &conversation), "{:?} is not about {:?}", entry.path, conversation);
        prop_assert_eq!(entry.violation, None);
    }
    Ok(())
}

#[test]
fn arbitrary_requests_are_answered_and_reach_nothing_else() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (harness, known) = runtime.block_on(async {
        let options = SimOptions { requests_per_minute: 1_000_000, ..SimOptions::default() };
        let harness = Harness::with(options, &[("genesys.budget_per_minute", "100000")]).await;
        let chat = Chat::dropped(&harness);
        let handshake = chat.confirmed().await;
        (harness, Known { conversation: chat.conversation.clone(), customer: chat.customer.clone(), handshake })
    });
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&call(&known), |call| runtime.block_on(check(&harness, call)));
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    runtime.block_on(harness.stop()).unwrap();
}
