//! What an operator sees of a store that goes away and comes back.

use std::time::Duration;

use genesys_sim::{Fault, FaultScript, Route};
use serde_json::Value;
use session_resumption::pb::ConfirmReattachRequest;
use tokio::time::{sleep, timeout};

use super::process::Running;
use super::servers::Server;
use super::serving::{Service, serve, sim, validate};

const URL: &str = "SESSION_RESUMPTION__STORE__URL";

/// The lines logged so far.
fn log(process: &Running) -> Vec<Value> {
    process.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines at or above information whose message holds these words.
fn said(process: &Running, words: &str) -> Vec<Value> {
    let holds = |line: &Value| line["message"].as_str().is_some_and(|message| message.contains(words));
    log(process).into_iter().filter(holds).collect()
}

/// A page of the admin port, whose address the log tells.
async fn page(process: &Running, path: &str) -> String {
    let admin = log(process).iter().find_map(|line| line["admin"].as_str().map(str::to_owned)).unwrap();
    reqwest::get(format!("http://{admin}{path}")).await.unwrap().text().await.unwrap()
}

/// The sum of the metrics whose lines begin so.
async fn metric(process: &Running, name: &str) -> f64 {
    let page = page(process, "/metrics").await;
    page.lines()
        .filter(|line| line.starts_with(name))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

fn is(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 0.1
}

async fn becomes(service: &Service, gauge: f64) {
    let becoming = async {
        while !is(metric(&service.process, "session_resumption_degraded ").await, gauge) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), becoming).await.unwrap_or_else(|_| panic!("{}", service.process.stderr()));
}

#[tokio::test]
async fn it_is_logged_once_each_way_and_measured() {
    let sim = sim().await;
    let server = Server::start(&[]);
    let service = serve(&sim, &[(URL, &server.url())]).await;
    service.ready().await;
    let process = &service.process;
    becomes(&service, 0.0).await;
    assert!(page(process, "/readyz").await.contains(r#""store":"ready""#));
    let mut client = service.client().await;
    for round in 1..=2_u8 {
        server.kill();
        for _ in 0..4 {
            assert!(client.validate_session(validate(&sim)).await.unwrap().into_inner().degraded);
        }
        becomes(&service, 1.0).await;
        let entered = said(process, "the handshake store cannot be used");
        assert_eq!(entered.len(), usize::from(round), "{entered:?}");
        assert_eq!(entered[0]["level"], "WARN");
        assert_eq!(entered[0]["outage"], "it cannot be reached");
        server.restart();
        becomes(&service, 0.0).await;
        let left = said(process, "no longer degraded");
        assert_eq!(left.len(), usize::from(round), "{left:?}");
        assert_eq!((&left[0]["level"], &left[0]["answers"]), (&"INFO".into(), &4.into()));
        assert!(left[0]["lasted"].is_string(), "{left:?}");
        assert!(is(metric(process, "session_resumption_degraded_answers_total ").await, 4.0 * f64::from(round)));
    }
    let outages = metric(process, "session_resumption_store_outages_total{outage=\"unreachable\"}").await;
    assert!(outages >= 8.0, "{outages}");
    let degraded: Vec<Value> = log(process).into_iter().filter(|line| line["event"] == "decided").collect();
    assert_eq!(degraded.len(), 8);
    assert!(degraded.iter().all(|line| line["degraded"] == true && line["handshake"] == ""), "{degraded:?}");
    drop(client);
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("only-a-test"), "the password is in the log: {}", ended.stderr);
    sim.stop().await;
}

/// Whether the server takes writes. It tells the time in any case.
fn takes_writes(server: &Server, yes: bool) {
    let replicas = if yes { "0" } else { "1" };
    redis::cmd("CONFIG").arg(&["SET", "min-replicas-to-write", replicas]).exec(&mut server.admin()).unwrap();
}

#[tokio::test]
async fn a_write_that_could_not_be_recorded_is_no_lease_lost_and_counts_once() {
    let sim = sim().await;
    let server = Server::start(&[]);
    let settings = [(URL, &*server.url()), ("SESSION_RESUMPTION__GENESYS__TIMEOUT", "1s")];
    let service = serve(&sim, &settings).await;
    service.ready().await;
    let mut client = service.client().await;
    let request = validate(&sim);
    let handshake_id = client.validate_session(request.clone()).await.unwrap().into_inner().handshake_id;
    let confirm = ConfirmReattachRequest {
        conversation_id: request.conversation_id,
        participant_id: request.participant_id,
        handshake_id,
    };
    let delay = Fault::Delay { ms: 500, after_effect: false };
    sim.control().script_fault(FaultScript::once(Route::Patch, delay)).unwrap();
    let losing = async {
        while sim.control().calls(Route::Patch).is_empty() {
            sleep(Duration::from_millis(2)).await;
        }
        takes_writes(&server, false);
    };
    let (refused, ()) = tokio::join!(client.confirm_reattach(confirm.clone()), losing);
    assert!(refused.unwrap_err().message().contains("the handshake store cannot be reached"));
    takes_writes(&server, true);
    let confirmed = timeout(Duration::from_secs(30), async {
        loop {
            if let Ok(confirmed) = service.client().await.confirm_reattach(confirm.clone()).await {
                break confirmed.into_inner();
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    assert_eq!(confirmed.await.unwrap().resumption_count, 1);
    let noted: Vec<Value> = log(&service.process).into_iter().filter(|line| line["event"] == "noted").collect();
    assert!(noted.is_empty(), "{noted:?}");
    drop(client);
    service.process.signal("TERM");
    assert_eq!(service.process.ended().await.code, Some(0));
    sim.stop().await;
}

#[tokio::test]
async fn a_replica_without_callers_notices_it_too() {
    let sim = sim().await;
    let server = Server::start(&[]);
    let service = serve(&sim, &[(URL, &server.url())]).await;
    service.ready().await;
    server.kill();
    becomes(&service, 1.0).await;
    assert!(page(&service.process, "/readyz").await.contains(r#""store":"degraded""#));
    server.restart();
    becomes(&service, 0.0).await;
    // One that answers and can serve no more is no better.
    redis::cmd("REPLICAOF").arg(&["127.0.0.1", "1"]).exec(&mut server.admin()).unwrap();
    becomes(&service, 1.0).await;
    redis::cmd("REPLICAOF").arg(&["NO", "ONE"]).exec(&mut server.admin()).unwrap();
    becomes(&service, 0.0).await;
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    sim.stop().await;
}
