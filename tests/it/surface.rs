//! What the platform sees: health, reflection, the admin port, and the end.

mod reflection;
mod shutdown;

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route, Sim, SimOptions};
use reqwest::StatusCode;
use serde_json::{Value, json};
use session_resumption::server::health::{Component, Condition, Health};
use tokio::time::{sleep, timeout};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{Chat, Harness};

/// What health knows by name: everything, and our service.
const SERVICES: [&str; 3] = ["", "sessionresumption.v1.SessionResumption", "sessionresumption.v1.SessionRegistry"];

async fn health(harness: &Harness, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    HealthClient::new(harness.channel.clone()).check(request).await.unwrap().into_inner().status()
}

async fn get(harness: &Harness, path: &str) -> (StatusCode, String) {
    let answer = reqwest::get(format!("{}{path}", harness.admin)).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn readyz(harness: &Harness) -> (StatusCode, Value) {
    let (status, body) = get(harness, "/readyz").await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_whatever_order_components_come_up_and_go_the_last_word_counts() {
    for round in 0..5_000 {
        let (components, server) = Health::new().await;
        let set = |condition| {
            let all = [Component::Server, Component::Store, Component::Genesys];
            let set = all.map(|component| {
                let components = components.clone();
                tokio::spawn(async move { components.set(component, condition).await })
            });
            futures_util::future::join_all(set)
        };
        let mut client = HealthClient::new(server);
        for (condition, expected) in [
            (Condition::Ready, ServingStatus::Serving),
            (Condition::NotReady, ServingStatus::NotServing),
            (Condition::Degraded, ServingStatus::Serving),
        ] {
            set(condition).await;
            for service in SERVICES {
                let request = HealthCheckRequest { service: service.to_owned() };
                let status = client.check(request).await.unwrap().into_inner().status();
                assert_eq!(status, expected, "round {round}, {service:?}");
            }
        }
    }
}

/// Unready for want of Genesys alone, and alive.
async fn assert_waiting_for_genesys(harness: &Harness) {
    for service in SERVICES {
        assert_eq!(health(harness, service).await, ServingStatus::NotServing, "{service:?}");
    }
    let waiting = json!({"genesys": "not ready", "server": "ready", "store": "ready"});
    assert_eq!(readyz(harness).await, (StatusCode::SERVICE_UNAVAILABLE, waiting));
    assert_eq!(get(harness, "/livez").await.0, StatusCode::OK);
}

async fn assert_ready(harness: &Harness) {
    let becoming = async {
        for service in SERVICES {
            // It is told a moment after the component map says so.
            while health(harness, service).await != ServingStatus::Serving {
                sleep(Duration::from_millis(5)).await;
            }
        }
    };
    timeout(Duration::from_secs(10), becoming).await.expect("health says SERVING");
    let ready = json!({"genesys": "ready", "server": "ready", "store": "ready"});
    assert_eq!(readyz(harness).await, (StatusCode::OK, ready));
    assert_eq!(get(harness, "/livez").await.0, StatusCode::OK);
}

/// Waits until the service listens and has its store: it is bound before it runs.
async fn up(harness: &Harness) {
    let coming_up = async {
        let components = || harness.health.components();
        let ready = |component| components()[&component] == Condition::Ready;
        while !(ready(Component::Server) && ready(Component::Store)) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), coming_up).await.unwrap();
}

#[tokio::test]
async fn it_is_ready_once_it_has_signed_in() {
    let harness = Harness::start().await;
    assert_ready(&harness).await;
    // A later outage of Genesys does not make it unready: a typed error with a delay is more than a refused connection.
    let down = Fault::Status { code: 503, retry_after_s: None, after_effect: false };
    harness.control.script_fault(FaultScript { route: Route::AnyApi, times: u32::MAX, skip: 0, fault: down }).unwrap();
    assert_eq!(Chat::dropped(&harness).validate().await.unwrap_err().code(), Code::Unavailable);
    assert_ready(&harness).await;
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn it_is_not_ready_with_a_wrong_secret_and_stays_so() {
    let harness = Harness::unready(SimOptions::default(), &[("genesys.client_secret", "wrong")]).await;
    up(&harness).await;
    for _ in 0..20 {
        assert_waiting_for_genesys(&harness).await;
        sleep(Duration::from_millis(25)).await;
    }
    assert!(!harness.control.calls(Route::Token).is_empty());
    // Callers who come all the same are told to come again, and never to start over.
    let status = Chat::dropped(&harness).validate().await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(harness.control.calls(Route::Token).len() <= 3, "a wrong secret does not get right by insisting");
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn it_becomes_ready_when_genesys_comes_back() {
    let away = Sim::start(SimOptions::default()).await.unwrap();
    let fault = Fault::Status { code: 503, retry_after_s: None, after_effect: false };
    let script = FaultScript { route: Route::Token, times: u32::MAX, skip: 0, fault };
    away.control().script_fault(script).unwrap();
    let login = away.url();
    let settings = [("genesys.login_url", login.as_str()), ("genesys.api_url", login.as_str())];
    let harness = Harness::unready(SimOptions::default(), &settings).await;
    up(&harness).await;
    assert_waiting_for_genesys(&harness).await;
    away.control().clear_faults();
    timeout(Duration::from_secs(20), harness.health.ready()).await.expect("it tries again");
    assert_ready(&harness).await;
    harness.stop().await.unwrap();
    away.stop().await;
}

#[tokio::test]
async fn who_watches_health_sees_it_change() {
    let away = Sim::start(SimOptions::default()).await.unwrap();
    let slowly = Fault::Delay { ms: 400, after_effect: false };
    away.control().script_fault(FaultScript::once(Route::Token, slowly)).unwrap();
    let login = away.url();
    let harness = Harness::unready(SimOptions::default(), &[("genesys.login_url", login.as_str())]).await;
    let mut client = HealthClient::new(harness.channel.clone());
    for service in SERVICES {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut seen = client.watch(request).await.unwrap().into_inner();
        let mut statuses = Vec::new();
        while statuses.last() != Some(&ServingStatus::Serving) {
            let next = timeout(Duration::from_secs(10), seen.message()).await.unwrap().unwrap().unwrap();
            statuses.push(next.status());
        }
        let before = &statuses[..statuses.len() - 1];
        assert!(before.iter().all(|status| *status == ServingStatus::NotServing), "{service:?}: {statuses:?}");
        assert_eq!(before.is_empty(), !service.is_empty(), "{service:?}: {statuses:?}");
    }
    let (stop, service, sim) = (harness.stop, harness.service, harness.sim);
    drop((client, harness.client, harness.channel));
    stop.cancel();
    service.await.unwrap().unwrap();
    sim.stop().await;
    away.stop().await;
}

#[tokio::test]
async fn health_of_a_service_nobody_knows_is_not_found() {
    let harness = Harness::start().await;
    let request = HealthCheckRequest { service: "sessionresumption.v1.Nothing".into() };
    let status = HealthClient::new(harness.channel.clone()).check(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn metrics_are_text_and_tell_what_happened() {
    let harness = Harness::start().await;
    Chat::dropped(&harness).validate().await.unwrap();
    let answer = reqwest::get(format!("{}/metrics", harness.admin)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.unwrap();
    let decided =
        "session_resumption_decisions_total{reason=\"WITHIN_WINDOW\",route=\"REATTACH_AGENT\",replayed=\"false\"}";
    assert!(text.lines().any(|line| line.starts_with(decided)), "{text}");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(!name.is_empty() && value.parse::<f64>().is_ok(), "{line}");
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn the_admin_port_has_its_pages_and_no_more() {
    let harness = Harness::start().await;
    for path in ["/", "/metrics/", "/livez/x", "/debug", "/debug/", "/debug/env", "/admin", "//livez"] {
        assert_eq!(get(&harness, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let client = reqwest::Client::new();
    for path in ["/livez", "/readyz", "/metrics"] {
        let answer = client.post(format!("{}{path}", harness.admin)).body("x").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(client.head(format!("{}{path}", harness.admin)).send().await.unwrap().status(), StatusCode::OK);
    }
    // Nor does it answer calls: whoever may look may not act.
    let url = format!("{}/sessionresumption.v1.SessionResumption/ValidateSession", harness.admin);
    assert_eq!(client.post(url).body("{}").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn loopback_is_loopback_however_it_is_written() {
    let harness = Harness::with(SimOptions::default(), &[("server.listen", "[::ffff:127.0.0.1]:0")]).await;
    assert!(!Chat::dropped(&harness).validate().await.unwrap().handshake_id.is_empty());
    harness.stop().await.unwrap();
}
