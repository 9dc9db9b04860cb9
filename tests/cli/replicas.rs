//! Services that share a Redis server: one truth, a clear word about a server that will not do, patience with one to come.

use genesys_sim::Route;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::{ConfirmReattachRequest, ValidateSessionRequest};
use tonic::Code;

use super::servers::Server;
use super::serving::{Service, serve, sim, validate};
use super::with;

const URL: &str = "SESSION_RESUMPTION__STORE__URL";

async fn stop(service: Service) {
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("only-a-test"), "the password is in the log: {}", ended.stderr);
}

#[tokio::test]
async fn two_replicas_hand_out_one_handshake_and_count_once() {
    let sim = sim().await;
    let url = Server::shared().url();
    let settings = [(URL, url.as_str()), ("RUST_LOG", "trace")];
    let [here, there] = [serve(&sim, &settings).await, serve(&sim, &settings).await];
    here.ready().await;
    there.ready().await;
    let request = validate(&sim);
    let mut answers = Vec::new();
    for service in [&here, &there, &here, &there] {
        let mut client = service.client().await;
        let request = request.clone();
        answers.push(tokio::spawn(async move { client.validate_session(request).await.unwrap().into_inner() }));
    }
    let mut handshakes = Vec::new();
    for answer in answers {
        handshakes.push(answer.await.unwrap().handshake_id);
    }
    assert!(!handshakes[0].is_empty() && handshakes.iter().all(|id| *id == handshakes[0]), "{handshakes:?}");
    assert_eq!(sim.control().calls(Route::Read).len(), 1);

    let confirm = ConfirmReattachRequest {
        conversation_id: request.conversation_id,
        participant_id: request.participant_id,
        handshake_id: handshakes[0].clone(),
    };
    let first = there.client().await.confirm_reattach(confirm.clone()).await.unwrap().into_inner();
    let again = here.client().await.confirm_reattach(confirm).await.unwrap().into_inner();
    assert_eq!((first.resumption_count, again.resumption_count), (1, 1));
    assert_eq!((first.replayed, again.replayed), (false, true));
    stop(here).await;
    stop(there).await;
    sim.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_serve_ends_it_with_a_word() {
    let primary = Server::shared().port().to_string();
    let replica = Server::start(&["--replicaof", "127.0.0.1", &primary, "--masterauth", "wrong"]);
    let ended = with(&["serve"], &[(URL, &replica.url())]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.contains("store.url is a replica") && last.contains("name its primary"), "{last}");
}

#[tokio::test]
async fn a_server_that_comes_later_is_waited_for() {
    let sim = sim().await;
    let server = Server::start(&[]);
    server.kill();
    let service = serve(&sim, &[(URL, &server.url())]).await;
    assert_eq!(service.healthcheck().await.code, Some(1));
    // Who comes all the same is served as well as can be.
    let request = validate(&sim);
    let answer = service.client().await.validate_session(request.clone()).await.unwrap().into_inner();
    assert!(answer.degraded && answer.handshake_id.is_empty(), "{answer:?}");
    let confirm = ConfirmReattachRequest {
        conversation_id: request.conversation_id,
        participant_id: request.participant_id,
        handshake_id: uuid::Uuid::new_v4().to_string(),
    };
    let refused = service.client().await.confirm_reattach(confirm).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert!(refused.message().contains("the handshake store cannot be reached"), "{refused:?}");
    assert_eq!(service.healthcheck().await.code, Some(1));
    server.restart();
    service.ready().await;
    let answer = service.client().await.validate_session(validate(&sim)).await.unwrap().into_inner();
    assert!(!answer.degraded && !answer.handshake_id.is_empty(), "{answer:?}");
    stop(service).await;
    sim.stop().await;
}

#[tokio::test]
async fn a_server_that_throws_keys_away_is_warned_of_once() {
    let sim = sim().await;
    let server = Server::start(&["--maxmemory-policy", "allkeys-lru"]);
    let service = serve(&sim, &[(URL, &server.url())]).await;
    service.ready().await;
    service.process.signal("TERM");
    let ended = service.process.ended().await;
    assert_eq!(ended.stderr.matches("set maxmemory-policy to noeviction").count(), 1, "{}", ended.stderr);
    sim.stop().await;
}

/// How often a command was run well, by callers and by scripts.
fn counted(server: &Server, command: &str) -> u64 {
    let told: String = redis::cmd("INFO").arg("commandstats").query(&mut server.admin()).unwrap();
    let Some(line) = told.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:"))) else { return 0 };
    let field =
        |name: &str| line.split(',').find_map(|field| field.strip_prefix(name)).unwrap().parse::<u64>().unwrap();
    field("calls=") - field("failed_calls=")
}

#[tokio::test]
async fn a_leader_asks_the_store_twice_a_replay_and_a_heartbeat_once() {
    let sim = sim().await;
    let server = Server::start(&[]);
    let service = serve(&sim, &[(URL, &server.url())]).await;
    service.ready().await;
    let request = validate(&sim);
    let mut client = service.client().await;
    let heartbeat = ValidateSessionRequest { intent: Intent::Heartbeat.into(), ..request.clone() };
    // Each step of the script asks for the time once, and nobody else does: whoever leads is told it, and Genesys tells it, too.
    // The very first step goes by hash in vain, and then in full. Without a replica nothing waits for one.
    for (request, expected) in [(&request, [1, 1, 2, 0]), (&request, [1, 0, 1, 0]), (&heartbeat, [1, 0, 1, 0])] {
        let told = || ["evalsha", "eval", "time", "wait"].map(|command| counted(&server, command));
        let before = told();
        client.validate_session(request.clone()).await.unwrap();
        let after = told();
        assert_eq!([0, 1, 2, 3].map(|at| after[at] - before[at]), expected);
    }
    drop(client);
    stop(service).await;
    sim.stop().await;
}
