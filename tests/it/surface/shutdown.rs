//! The end: unready first, then what is in flight, and never longer than the drain may take.

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb::confirm_reattach_response::Outcome;
use session_resumption::server::health::{Component, Condition};
use tokio::time::{Instant, timeout};
use tonic::{Code, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::SERVICES;
use crate::support::{Chat, Harness};

fn slow(harness: &Harness, route: Route, ms: u64) {
    let fault = Fault::Delay { ms, after_effect: false };
    harness.control.script_fault(FaultScript { route, times: u32::MAX, skip: 0, fault }).unwrap();
}

/// Waits until Genesys got a call of a route.
async fn arrived(harness: &Harness, route: Route) {
    let arriving = async {
        while harness.control.calls(route).is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(10), arriving).await.unwrap();
}

/// Waits until a watch shows that calls are served: that is told a moment after the component map says so.
async fn serving(watch: &mut Streaming<HealthCheckResponse>) {
    let waiting = async { while watch.message().await.unwrap().unwrap().status() != ServingStatus::Serving {} };
    timeout(Duration::from_secs(10), waiting).await.unwrap();
}

/// The service's end, and how long it took.
async fn ended(harness: &mut Harness) -> Duration {
    let began = Instant::now();
    let ended = timeout(Duration::from_secs(30), &mut harness.service).await.expect("it ends");
    ended.unwrap().unwrap();
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_flight_are_answered_and_then_it_is_over() {
    let mut harness = Harness::start().await;
    let (resuming, confirming) = (Chat::dropped(&harness), Chat::live(&harness));
    let handshake = confirming.validate().await.unwrap().handshake_id;
    harness.control.clear_ledger();
    slow(&harness, Route::AnyApi, 400);
    let stop = async {
        arrived(&harness, Route::Read).await;
        harness.stop.cancel();
        harness.stop.cancel();
    };
    let (answer, confirmed, ()) = tokio::join!(resuming.validate(), confirming.confirm(&handshake), stop);
    assert!(!answer.unwrap().handshake_id.is_empty());
    assert_eq!(confirmed.unwrap().outcome(), Outcome::Confirmed);
    assert_eq!(confirming.count(), 1);
    assert!(ended(&mut harness).await < Duration::from_secs(5), "it does not sit out the drain");

    // Nobody is there: the client finds the connection closed, or learns of it with the call in its hands.
    let status = resuming.validate().await.unwrap_err();
    assert!(matches!(status.code(), Code::Unavailable | Code::Cancelled), "{status:?}");
    assert!(std::error::Error::source(&status).is_some(), "no answer of a server: {status:?}");
    assert!(reqwest::get(format!("{}/livez", harness.admin)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_service_ends_at_once() {
    let mut harness = Harness::start().await;
    // Its caller is still connected.
    Chat::dropped(&harness).validate().await.unwrap();
    harness.stop.cancel();
    assert!(ended(&mut harness).await < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_learns_that_it_ends_before_it_ends() {
    let harness = Harness::with(SimOptions::default(), &[("server.drain_timeout", "1s")]).await;
    let mut watches = Vec::new();
    for service in SERVICES {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut watch = HealthClient::new(harness.channel.clone()).watch(request).await.unwrap().into_inner();
        serving(&mut watch).await;
        watches.push(watch);
    }
    let chat = Chat::dropped(&harness);
    slow(&harness, Route::Read, 500);
    let stop = async {
        arrived(&harness, Route::Read).await;
        harness.stop.cancel();
        for watch in &mut watches {
            let last = timeout(Duration::from_secs(5), watch.message()).await.unwrap();
            assert_eq!(last.unwrap().unwrap().status(), ServingStatus::NotServing);
        }
        assert_eq!(harness.health.components()[&Component::Server], Condition::NotReady);
        assert!(!harness.service.is_finished(), "a call is still in flight");
    };
    let (answer, ()) = tokio::join!(chat.validate(), stop);
    answer.unwrap();
    drop(watches);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drain_ends_when_its_time_is_up() {
    let settings = [("server.drain_timeout", "1s"), ("genesys.timeout", "20s")];
    let mut harness = Harness::with(SimOptions::default(), &settings).await;
    let chat = Chat::dropped(&harness);
    slow(&harness, Route::Read, 15_000);
    let calling = tokio::spawn(async move { chat.validate().await });
    arrived(&harness, Route::Read).await;
    harness.stop.cancel();
    let took = ended(&mut harness).await;
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&took), "{took:?}");
    calling.abort();
}

/// A watch never ends by itself: waiting for it makes every stop as long as the drain may be, for nobody's good.
#[tokio::test(flavor = "multi_thread")]
async fn a_health_watch_does_not_hold_up_the_end() {
    let mut harness = Harness::with(SimOptions::default(), &[("server.drain_timeout", "5s")]).await;
    let mut watch =
        HealthClient::new(harness.channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    serving(&mut watch).await;
    harness.stop.cancel();
    let took = ended(&mut harness).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_stopped_before_it_is_ready() {
    let mut harness = Harness::unready(SimOptions::default(), &[("genesys.client_secret", "wrong")]).await;
    harness.stop.cancel();
    assert!(ended(&mut harness).await < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_drains_is_alive_and_not_ready() {
    let mut harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    slow(&harness, Route::Read, 1_500);
    let asking = tokio::spawn(async move { chat.validate().await });
    arrived(&harness, Route::Read).await;
    harness.stop.cancel();
    let status = async |path: &str| reqwest::get(format!("{}/{path}", harness.admin)).await.unwrap().status().as_u16();
    let unready = async { while status("readyz").await != 503 {} };
    timeout(Duration::from_secs(10), unready).await.unwrap();
    assert_eq!(status("livez").await, 200);
    assert_eq!(status("metrics").await, 200);
    asking.await.unwrap().unwrap();
    ended(&mut harness).await;
}
