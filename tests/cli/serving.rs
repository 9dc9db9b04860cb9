//! `serve` from its first line to its last, and `healthcheck` beside it.

use std::net::TcpListener;
use std::time::Duration;

use genesys_sim::{Fault, FaultScript, NewConversation, Route, Sim, SimOptions};
use serde_json::Value;
use session_resumption::pb;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::Channel;

use super::process::{Ended, Running, program, run};
use super::{SECRET, with};

pub(super) struct Service {
    pub(super) process: Running,
    address: String,
}

pub(super) async fn sim() -> Sim {
    let options = SimOptions { client_id: "client".into(), client_secret: SECRET.into(), ..SimOptions::default() };
    Sim::start(options).await.unwrap()
}

/// Serves with a simulated Genesys and settings of its own; listening, and perhaps not ready yet.
pub(super) async fn serve(sim: &Sim, settings: &[(&str, &str)]) -> Service {
    let url = sim.url();
    let mut command = program(&["serve"]);
    command.envs(super::given());
    command.env("SESSION_RESUMPTION__GENESYS__API_URL", &url).env("SESSION_RESUMPTION__GENESYS__LOGIN_URL", &url);
    command.envs(settings.iter().copied());
    let mut process = Running::start(command);
    let listen = |process: &Running| {
        let log = process.stderr();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find_map(|line| line["listen"].as_str().map(str::to_owned))
    };
    let listen = process.until(listen).await;
    Service { process, address: format!("http://{listen}") }
}

impl Service {
    /// What a field of a line of its log says.
    pub(super) fn said(&self, field: &str) -> String {
        let log = self.process.stderr();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find_map(|line| line[field].as_str().map(str::to_owned)).unwrap()
    }

    pub(super) async fn healthcheck(&self) -> Ended {
        run(program(&["healthcheck", "--address", &self.address, "--timeout", "5s"])).await
    }

    pub(super) async fn ready(&self) {
        let becoming = async {
            while self.healthcheck().await.code != Some(0) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(30), becoming).await.expect("it becomes ready");
    }

    pub(super) async fn client(&self) -> SessionResumptionClient<Channel> {
        SessionResumptionClient::connect(self.address.clone()).await.unwrap()
    }
}

pub(super) fn validate(sim: &Sim) -> pb::ValidateSessionRequest {
    let new = NewConversation { agent_user_id: Some("ada".into()), ..NewConversation::default() };
    let created = sim.control().create_conversation(new).unwrap();
    pb::ValidateSessionRequest {
        conversation_id: created.conversation_id,
        participant_id: created.customer_id,
        ..pb::ValidateSessionRequest::default()
    }
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let sim = sim().await;
        let service = serve(&sim, &[]).await;
        service.ready().await;
        let checked = service.healthcheck().await;
        assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
        let answer = service.client().await.validate_session(validate(&sim)).await.unwrap().into_inner();
        assert!(!answer.handshake_id.is_empty());

        let began = Instant::now();
        service.process.signal(signal);
        let ended = service.process.ended().await;
        assert_eq!(ended.code, Some(0), "{signal}: {}", ended.stderr);
        assert!(began.elapsed() < Duration::from_secs(10), "{signal}: {:?}", began.elapsed());
        assert_eq!(ended.stdout, "", "the log goes to standard error");
        for line in ended.stderr.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            assert!(line["level"].is_string(), "{line}");
        }
        sim.stop().await;
    }
}

#[tokio::test]
async fn a_call_in_flight_is_answered_after_the_signal() {
    let sim = sim().await;
    let service = serve(&sim, &[]).await;
    service.ready().await;
    let fault = Fault::Delay { ms: 500, after_effect: false };
    sim.control().script_fault(FaultScript::once(Route::Read, fault)).unwrap();
    let (mut client, request) = (service.client().await, validate(&sim));
    let stop = async {
        while sim.control().calls(Route::Read).is_empty() {
            sleep(Duration::from_millis(2)).await;
        }
        service.process.signal("TERM");
    };
    let (answer, ()) = tokio::join!(client.validate_session(request), stop);
    assert!(!answer.unwrap().into_inner().handshake_id.is_empty());
    assert_eq!(service.process.ended().await.code, Some(0));
    sim.stop().await;
}

#[tokio::test]
async fn a_call_that_hangs_holds_it_up_no_longer_than_the_drain() {
    let sim = sim().await;
    let settings =
        [("SESSION_RESUMPTION__SERVER__DRAIN_TIMEOUT", "1s"), ("SESSION_RESUMPTION__GENESYS__TIMEOUT", "30s")];
    let service = serve(&sim, &settings).await;
    service.ready().await;
    sim.control().script_fault(FaultScript::once(Route::Read, Fault::Hang { ms: 25_000 })).unwrap();
    let (mut client, request) = (service.client().await, validate(&sim));
    let hanging = tokio::spawn(async move { client.validate_session(request).await });
    while sim.control().calls(Route::Read).is_empty() {
        sleep(Duration::from_millis(2)).await;
    }
    let began = Instant::now();
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!((Duration::from_millis(900)..Duration::from_secs(10)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert!(hanging.await.unwrap().is_err());
    sim.stop().await;
}

#[tokio::test]
async fn a_healthcheck_fails_while_it_is_not_ready() {
    let sim = sim().await;
    let service = serve(&sim, &[("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET", "wrong")]).await;
    let checked = service.healthcheck().await;
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""));
    assert!(checked.stderr.contains("NOT_SERVING"), "{}", checked.stderr);
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains(SECRET) && !ended.stderr.contains("\"wrong\""), "{}", ended.stderr);
    sim.stop().await;
}

#[tokio::test]
async fn a_healthcheck_fails_when_nobody_answers() {
    // One that nobody listens to, one that accepts and says nothing.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [closed, silent.local_addr().unwrap()] {
        let began = Instant::now();
        let address = format!("http://{address}");
        let checked = run(program(&["healthcheck", "--address", &address, "--timeout", "1s"])).await;
        assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""));
        assert!(checked.stderr.contains(&address), "{}", checked.stderr);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for key in ["LISTEN", "ADMIN_LISTEN"] {
        let name = format!("SESSION_RESUMPTION__SERVER__{key}");
        let ended = with(&["serve"], &[(&name, &address)]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
        let last = ended.stderr.lines().last().unwrap();
        let key = format!("server.{}", key.to_lowercase());
        for told in [key.as_str(), &address, "in use"] {
            assert!(last.contains(told), "{told}: {last}");
        }
    }
}

#[tokio::test]
async fn the_loudest_log_holds_no_secret_and_no_text() {
    let sim = sim().await;
    let service = serve(&sim, &[("RUST_LOG", "trace")]).await;
    service.ready().await;
    let (mut client, request) = (service.client().await, validate(&sim));
    let handshake_id = client.validate_session(request.clone()).await.unwrap().into_inner().handshake_id;
    let (conversation_id, participant_id) = (request.conversation_id, request.participant_id);
    let confirm = pb::ConfirmReattachRequest {
        conversation_id: conversation_id.clone(),
        participant_id: participant_id.clone(),
        handshake_id: handshake_id.clone(),
    };
    client.confirm_reattach(confirm).await.unwrap();
    let message = pb::inject_context_request::Message {
        client_message_id: "m-1".into(),
        text: "my-name-is-Ada".into(),
        sent_time: None,
    };
    let inject = pb::InjectContextRequest {
        conversation_id,
        participant_id,
        handshake_id,
        marker: "my-name-is-Marker".into(),
        messages: vec![message],
        ..pb::InjectContextRequest::default()
    };
    client.inject_context(inject).await.unwrap();
    drop(client);
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0));
    // The secret as it is, and as it travels: client:hunter2-and-more in Base64.
    for told in [SECRET, "Y2xpZW50Omh1bnRlcjItYW5kLW1vcmU=", "Bearer ", "my-name-is-"] {
        let line = ended.stderr.lines().find(|line| line.contains(told));
        assert_eq!(line, None, "{told}");
    }
    sim.stop().await;
}

/// Whoever runs it on this host changes what it logs, and it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn levels_change_while_it_runs() {
    let sim = sim().await;
    let mut service = serve(&sim, &[]).await;
    service.ready().await;
    let url = format!("http://{}/debug/log-level", service.said("admin"));
    let put = async |levels: &'static str| {
        let answer = reqwest::Client::new().put(&url).body(levels).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(put("loud,").await, 204, "a target's name");
    assert_eq!(put("session_resumption=loud").await, 400);
    assert_eq!(put("trace").await, 204);
    service.process.until(|process| process.stderr().contains("\"level\":\"TRACE\"").then_some(())).await;
    service.process.signal("HUP");
    assert_eq!(service.healthcheck().await.code, Some(0), "a hangup does not end it");
    service.process.signal("TERM");
    assert_eq!(service.process.ended().await.code, Some(0));
    sim.stop().await;
}
