//! What is written to the platform, and what is not.

use futures_util::future::join_all;
use genesys_sim::{Fault, FaultScript, Route, SimOptions, VersionMismatch};
use serde_json::json;
use session_resumption::pb;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::inject_context_response::result::Outcome as Fated;

use super::{Guest, PLATFORM, QUEUE, reads, service, strike, writing};
use crate::support::Harness;

fn fates(injected: &pb::InjectContextResponse) -> (Option<Fated>, Vec<Fated>) {
    let marker = injected.marker_result.as_ref().map(pb::inject_context_response::Result::outcome);
    (marker, injected.results.iter().map(pb::inject_context_response::Result::outcome).collect())
}

#[tokio::test]
async fn a_marker_is_written_once_and_customers_messages_are_not_supported() {
    let harness = writing(&[]).await;
    let guest = Guest::served(&harness);
    let handshake = guest.confirmed(&harness).await;
    let all = join_all((0..5).map(|_| harness.inject(guest.inject(&handshake, &["a", "b"])))).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert!(all.iter().all(|injected| injected.outcome() == Outcome::Complete), "{all:?}");
    assert!(all.iter().all(|injected| fates(injected).1 == [Fated::NotSupported; 2]));
    let wrote = all.iter().filter(|injected| fates(injected).0 == Some(Fated::Injected)).count();
    let present = all.iter().filter(|injected| fates(injected).0 == Some(Fated::AlreadyPresent)).count();
    assert_eq!((wrote, present, guest.markers()), (1, 4, 1));
    assert_eq!(harness.control.calls(Route::PlatformAgentless).len(), 1);
    strike(harness).await;
}

#[tokio::test]
async fn a_marker_whose_answer_is_lost_is_found_in_the_transcript() {
    let harness = writing(&[]).await;
    let guest = Guest::served(&harness);
    let handshake = guest.confirmed(&harness).await;
    let lost = FaultScript::once(Route::PlatformAgentless, Fault::Reset { after_effect: true });
    harness.control.script_fault(lost).unwrap();
    let injected = harness.inject(guest.inject(&handshake, &[])).await.unwrap();
    assert_eq!((injected.outcome(), fates(&injected).0), (Outcome::Complete, Some(Fated::Injected)));
    let again = harness.inject(guest.inject(&handshake, &[])).await.unwrap();
    assert_eq!((again.outcome(), fates(&again).0), (Outcome::Complete, Some(Fated::AlreadyPresent)));
    assert_eq!(guest.markers(), 1);
    strike(harness).await;
}

#[tokio::test]
async fn nothing_is_written_to_a_conversation_that_has_ended_or_waits() {
    let harness = writing(&[]).await;
    for change in ["end", "wait"] {
        let guest = Guest::served(&harness);
        let handshake = guest.confirmed(&harness).await;
        match change {
            // A message would begin another conversation, or reopen this one behind everybody's back.
            "end" => guest.genesys.agent_ends(&guest.conversation).unwrap(),
            _ => guest.genesys.transfer(&guest.conversation, QUEUE).unwrap(),
        }
        let injected = harness.inject(guest.inject(&handshake, &["a"])).await.unwrap();
        assert_eq!(injected.outcome(), Outcome::NotInjectable, "{change}");
        assert_eq!(fates(&injected), (Some(Fated::NotAttempted), vec![Fated::NotSupported]));
        assert_eq!(guest.markers(), 0);
    }
    assert_eq!(harness.control.calls(Route::PlatformAgentless).len(), 0);
    strike(harness).await;
}

#[tokio::test]
async fn a_marker_of_the_flows_own_is_recorded_so_that_it_is_said_once() {
    let harness = service(&[]).await;
    let guest = Guest::served(&harness);
    let early = harness.validate(guest.resume()).await.unwrap();
    let unconfirmed = harness.inject(guest.inject(&early.handshake_id, &[])).await.unwrap_err();
    assert_eq!(unconfirmed.code(), tonic::Code::FailedPrecondition);
    let handshake = guest.confirmed(&harness).await;
    let first = harness.inject(guest.inject(&handshake, &[])).await.unwrap();
    assert_eq!(fates(&first).0, Some(Fated::Injected));
    let second = harness.inject(guest.inject(&handshake, &[])).await.unwrap();
    assert_eq!(fates(&second).0, Some(Fated::AlreadyPresent));
    assert_eq!((guest.markers(), harness.control.calls(Route::PlatformAgentless).len()), (0, 0));
    strike(harness).await;
}

#[tokio::test]
async fn what_was_written_is_not_read_back_and_counts_on_all_the_same() {
    let harness = service(&[("handshake.replay_ttl", "1s")]).await;
    let guest = Guest::served(&harness);
    for count in 1..=3 {
        let attempt = || uuid::Uuid::new_v4().to_string();
        let request =
            pb::ValidateSessionRequest { client_instance_id: "tab".into(), attempt_id: attempt(), ..guest.resume() };
        let answer = harness.validate(request).await.unwrap();
        let before = reads(&harness);
        let confirmed = harness.confirm(guest.confirm(&answer.handshake_id)).await.unwrap();
        assert_eq!(confirmed.resumption_count, count, "though what was written last may not show yet");
        assert_eq!(reads(&harness), before + 1);
    }
    assert_eq!(guest.attribute(&harness, "resumptionCount").as_deref(), Some("3"));
    strike(harness).await;
}

#[tokio::test]
async fn custom_attributes_are_written_by_their_version() {
    for mismatch in [VersionMismatch::Conflict, VersionMismatch::BadRequest] {
        let options = SimOptions { version_mismatch: mismatch, ..SimOptions::default() };
        let harness = Harness::with(options, &[PLATFORM, ("platform.metadata", "custom_attributes")]).await;
        let guest = Guest::served(&harness);
        // The flow that starts a conversation makes the record.
        let client = reqwest::Client::new();
        let token = client
            .post(format!("{}/oauth/token", harness.sim.url()))
            .basic_auth("sim-client", Some("sim-secret"))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap();
        let token: serde_json::Value = token.json().await.unwrap();
        let url = format!("{}/api/v2/conversations/{}/customattributes", harness.sim.url(), guest.conversation);
        let put = |count: &str| {
            let record = json!({"id": "record", "schemaId": "schema", "customAttributes": {"resumptionCount": count}});
            client.put(&url).bearer_auth(token["access_token"].as_str().unwrap()).json(&record).send()
        };
        assert!(put("4").await.unwrap().status().is_success());
        let answer = harness.validate(guest.resume()).await.unwrap();
        let confirmed = harness.confirm(guest.confirm(&answer.handshake_id)).await.unwrap();
        assert_eq!(confirmed.resumption_count, 5, "{mismatch:?}");
        assert_eq!(harness.control.calls(Route::PlatformAttributes).len(), 0);
        assert_eq!(harness.control.calls(Route::PlatformCustomAttributesPatch).len(), 1);
        strike(harness).await;
    }
}
