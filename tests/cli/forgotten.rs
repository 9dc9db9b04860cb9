//! A restart that forgets everything: what a customer said before is not said again.

use std::time::Duration;

use session_resumption::pb;
use session_resumption::pb::inject_context_response::result::Outcome;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;
use tokio::time::{Instant, sleep};
use tonic::Code;
use tonic::transport::Channel;

use super::serving::{Service, serve, sim, validate};

const SETTINGS: [(&str, &str); 1] = [("SESSION_RESUMPTION__GENESYS__TIMEOUT", "300ms")];

/// Resumes and confirms. Returns the handshake and the count.
async fn confirmed(
    client: &mut SessionResumptionClient<Channel>,
    request: &pb::ValidateSessionRequest,
) -> (String, i32) {
    let handshake_id = client.validate_session(request.clone()).await.unwrap().into_inner().handshake_id;
    let confirm = pb::ConfirmReattachRequest {
        conversation_id: request.conversation_id.clone(),
        participant_id: request.participant_id.clone(),
        handshake_id: handshake_id.clone(),
    };
    let confirmed = client.confirm_reattach(confirm).await.unwrap().into_inner();
    (handshake_id, confirmed.resumption_count)
}

/// Injects the marker and one message, coming back while it is too early to tell. Returns the outcomes of both.
async fn inject(
    client: &mut SessionResumptionClient<Channel>,
    request: &pb::ValidateSessionRequest,
    handshake_id: &str,
    (client_message_id, text): (&str, &str),
) -> [Outcome; 2] {
    let message = pb::inject_context_request::Message {
        client_message_id: client_message_id.to_owned(),
        text: text.to_owned(),
        sent_time: None,
    };
    let inject = pb::InjectContextRequest {
        conversation_id: request.conversation_id.clone(),
        participant_id: request.participant_id.clone(),
        handshake_id: handshake_id.to_owned(),
        marker: "resumed".to_owned(),
        messages: vec![message],
        ..pb::InjectContextRequest::default()
    };
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match client.inject_context(inject.clone()).await {
            Ok(injected) => {
                let injected = injected.into_inner();
                return [injected.marker_result.unwrap().outcome(), injected.results[0].outcome()];
            }
            Err(early) => {
                assert_eq!(early.code(), Code::Unavailable, "{early:?}");
                assert!(Instant::now() < until, "{early:?}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn stopped(service: Service) -> String {
    service.process.signal("TERM");
    service.process.ended().await.stderr
}

#[tokio::test]
async fn a_restart_that_forgets_sends_no_message_twice() {
    let sim = sim().await;
    let before = serve(&sim, &SETTINGS).await;
    before.ready().await;
    let (mut client, request) = (before.client().await, validate(&sim));
    let (first, count) = confirmed(&mut client, &request).await;
    let said = inject(&mut client, &request, &first, ("m-1", "hello")).await;
    assert_eq!((count, said), (1, [Outcome::Injected, Outcome::Injected]));
    before.process.signal("KILL");
    before.process.ended().await;

    let after = serve(&sim, &SETTINGS).await;
    after.ready().await;
    let mut client = after.client().await;
    let (second, count) = confirmed(&mut client, &request).await;
    assert!(second != first && count == 2, "{count}");
    // It stands in the transcript, and nobody knows whether it was this one.
    let again = inject(&mut client, &request, &second, ("m-1", "hello")).await;
    assert_eq!(again, [Outcome::Injected, Outcome::Unknown]);
    let new = inject(&mut client, &request, &second, ("m-2", "are you there?")).await;
    assert_eq!(new, [Outcome::AlreadyPresent, Outcome::Injected]);
    let lines = sim.control().transcript(&request.conversation_id).unwrap();
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["resumed", "hello", "resumed", "are you there?"]);
    drop(client);
    let log = stopped(after).await;
    assert!(log.contains("store_forgot"), "{log}");
    sim.stop().await;
}
