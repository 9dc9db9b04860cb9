//! In and out again, by itself.

use std::time::Duration;

use genesys_sim::Route;
use reqwest::StatusCode;
use serde_json::{Value, json};
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::TabRole;
use session_resumption::server::health::Condition;
use tokio::time::sleep;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::{assert_degraded, becomes, over};
use crate::servers::Server;
use crate::support::{Chat, Harness, Refusal};

/// What the platform sees: the store's condition, and callers let in all the same.
async fn assert_serving(harness: &Harness, store: &str) {
    let answer = reqwest::get(format!("{}/readyz", harness.admin)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let told: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(told, json!({"genesys": "ready", "server": "ready", "store": store}));
    let request = HealthCheckRequest { service: String::new() };
    let health = HealthClient::new(harness.channel.clone()).check(request).await.unwrap().into_inner();
    assert_eq!(health.status(), ServingStatus::Serving.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_and_goes_with_the_store_and_brings_nothing_back() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    assert_serving(&harness, "ready").await;
    for _ in 0..2 {
        server.kill();
        let chat = Chat::dropped(&harness);
        assert_degraded(&chat.validate_as("tab", Intent::Resume).await.unwrap());
        becomes(&harness, Condition::Degraded).await;
        assert_serving(&harness, "degraded").await;
        sleep(Duration::from_secs(1)).await;
        assert_serving(&harness, "degraded").await;
        server.restart();
        becomes(&harness, Condition::Ready).await;
        assert_serving(&harness, "ready").await;

        // Nobody knows of what was answered in between: there is nothing to take over, and the next one reads.
        let nothing = chat.validate_as("tab", Intent::TakeOver).await.unwrap_err();
        assert_eq!(Refusal::of(&nothing).reason, "NOTHING_TO_TAKE_OVER");
        let opened = chat.validate_as("tab", Intent::Resume).await.unwrap();
        assert!(!opened.degraded && !opened.replayed && !opened.handshake_id.is_empty(), "{opened:?}");
        assert_eq!(opened.tab_role(), TabRole::Active);
        assert_eq!(chat.calls(Route::Read), 2);
        let again = chat.validate_as("other", Intent::Resume).await.unwrap();
        assert_eq!((again.replayed, again.handshake_id), (true, opened.handshake_id.clone()));
        harness.control.attach(&chat.conversation, None).unwrap();
        assert_eq!(chat.confirm(&opened.handshake_id).await.unwrap().resumption_count, 1);
    }
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_from_before_an_outage_without_loss_goes_on() {
    let server = Server::start(&[]);
    let harness = over(&server, &[]).await;
    let chat = Chat::dropped(&harness);
    let before = chat.validate_as("tab", Intent::Resume).await.unwrap();
    server.stop();
    assert_degraded(&chat.validate_as("tab", Intent::Resume).await.unwrap());
    becomes(&harness, Condition::Degraded).await;
    server.cont();
    becomes(&harness, Condition::Ready).await;
    let after = chat.validate_as("other", Intent::Resume).await.unwrap();
    assert_eq!((after.replayed, &after.handshake_id), (true, &before.handshake_id));
    harness.control.attach(&chat.conversation, None).unwrap();
    assert_eq!(chat.confirm(&before.handshake_id).await.unwrap().resumption_count, 1);
    harness.stop().await.unwrap();
}
