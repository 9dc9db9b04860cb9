//! Every request that we make is one that the API describes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use session_resumption::clock::SystemClock;
use session_resumption::domain::ids::{ConversationId, MessageId, Pair, ParticipantId};
use session_resumption::entropy::OsEntropy;
use session_resumption::genesys::notifications::{Listening, listen};
use session_resumption::genesys::{Link, MetadataHome};
use session_resumption::ports::{Conversations as _, Metadata, Post};
use session_resumption::store::memory::MemoryStore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bench::Bench;
use crate::client::{Unlimited, client, settings, soon};
use crate::description::answering;
use crate::process::{program, run};
use crate::witness::Judged;

/// What Prism says wherever there is a text: so named, whatever is asked for is what is answered.
const NAME: &str = "string";

const CONVERSATION: &str = include_str!("../genesys/fixtures/message_conversation.active_with_agent.json");

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_that_the_api_describes() {
    let mut bench = Bench::with(&answering(&conversation())).await;
    conversations(&mut bench).await;
    notifications(&mut bench).await;
    organisation(&mut bench).await;
    bench.rest();
}

/// All that the adapter does with a conversation.
async fn conversations(bench: &mut Bench) {
    let id = ConversationId::parse(NAME).unwrap();
    let pair = Pair { conversation: id.clone(), participant: ParticipantId::parse(NAME).unwrap() };
    let metadata = Metadata { count: 2, time: "2026-05-15T14:35:22Z".parse().unwrap() };
    let read = "GET /api/v2/conversations/messages/string";
    let record = "GET /api/v2/conversations/string/customattributes";

    let genesys = client(&bench.witness.url, MetadataHome::ParticipantAttributes);
    let came_back = genesys.read(&id, soon()).await;
    bench.note("read", &came_back, &[read]);
    let came_back = genesys.read_with_metadata(&id, soon()).await;
    bench.note("read_with_metadata, of participants", &came_back, &[read]);
    let came_back = genesys.write_metadata(&pair, &metadata, soon()).await;
    let write = "PATCH /api/v2/conversations/string/participants/string/attributes";
    bench.note("write_metadata, to a participant", &came_back, &[write]);

    let custom = client(&bench.witness.url, MetadataHome::CustomAttributes);
    let came_back = custom.read_with_metadata(&id, soon()).await;
    bench.note("read_with_metadata, of the record", &came_back, &[read, record]);
    let came_back = custom.write_metadata(&pair, &metadata, soon()).await;
    let write = "PATCH /api/v2/conversations/string/customattributes";
    bench.note("write_metadata, to the record", &came_back, &[record, write]);

    let came_back = genesys.post(&id, &marker(), soon()).await;
    bench.note("post", &came_back, &["POST /api/v2/conversations/messages/agentless"]);
    let came_back = genesys.transcript(&id, soon()).await;
    let texts = "POST /api/v2/conversations/messages/string/messages/bulk?useNormalizedMessage=true";
    bench.note("transcript", &came_back, &[read, texts]);
    let came_back = genesys.conversation_of(&MessageId::parse(NAME).unwrap(), soon()).await;
    let details = "GET /api/v2/conversations/messages/string/details?useNormalizedMessage=true";
    bench.note("conversation_of", &came_back, &[details]);
}

/// A channel, and more topics than are subscribed to at once. Prism permits topics of other names alone, so that no channel's
/// socket is ever opened.
async fn notifications(bench: &mut Bench) {
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(OsEntropy));
    let link = Link::new(settings(&bench.witness.url), Arc::new(Unlimited), clock.clone(), entropy.clone()).unwrap();
    let queues = (0..600).map(|place| format!("q-{place}")).collect();
    let listening = Listening { queues, deployments: vec!["d".to_owned()], hold: Duration::from_secs(90) };
    let stop = CancellationToken::new();
    let task = tokio::spawn(listen(link, Arc::new(MemoryStore::new(clock, 10)), entropy, listening, stop.clone()));
    let expected = [
        "POST /api/v2/notifications/channels",
        "PUT /api/v2/notifications/channels/string/subscriptions?ignoreErrors=true",
        "POST /api/v2/notifications/channels/string/subscriptions?ignoreErrors=true",
    ];
    bench.witness.saw(expected.len()).await;
    stop.cancel();
    task.await.unwrap().unwrap();
    let asked = bench.witness.take();
    // It tries again, for as long as it is not told to stop.
    let as_expected = asked.iter().zip(expected.iter().cycle()).all(|(judged, expected)| judged.line() == *expected);
    assert!(as_expected, "{asked:#?}");
    bench.keep("listen", "no topic is permitted", asked);
}

/// `session-resumption check`, as an operator runs it.
async fn organisation(bench: &mut Bench) {
    let reads = ["GET tokens/me", "GET conversations/messages/{nobody}", "GET conversations/messages/{nobody}/details"];
    let texts = "POST conversations/messages/{nobody}/messages/bulk";
    let last = ["GET conversations/messaging/threadingtimeline", "GET notifications/availabletopics"];
    check(bench, "participant_attributes", &[], &[&reads[..], &[texts], &last].concat()).await;
    let attributes = "PATCH conversations/{nobody}/participants/{nobody}/attributes";
    check(bench, "participant_attributes", &["--probe-writes"], &[&reads[..], &[attributes, texts], &last].concat())
        .await;
    let record =
        ["GET conversations/{nobody}/customattributes", "PATCH conversations/{nobody}/customattributes", texts];
    check(bench, "custom_attributes", &["--probe-writes"], &[&reads[..], &record, &last].concat()).await;
}

async fn check(bench: &mut Bench, home: &str, words: &[&str], expected: &[&str]) {
    let mut command = program(&[&["check"], words].concat());
    for (name, value) in [
        ("GENESYS__PROFILE", "platform"),
        ("GENESYS__API_URL", &bench.witness.url),
        ("GENESYS__LOGIN_URL", &bench.witness.url),
        ("GENESYS__CLIENT_ID", "a-client"),
        ("GENESYS__CLIENT_SECRET", "a-secret"),
        ("PLATFORM__MARKER", "agentless"),
        ("PLATFORM__DEPLOYMENT_ID", "d"),
        ("PLATFORM__METADATA", home),
        ("MIRROR__QUEUES", "q"),
    ] {
        command.env(format!("SESSION_RESUMPTION__{name}"), value);
    }
    let ended = run(command).await;
    let (probes, asked): (Vec<_>, Vec<_>) =
        bench.witness.take().into_iter().partition(|judged| judged.path.ends_with("/agentless"));
    let lines: Vec<String> = asked.iter().map(of_nobody).collect();
    assert_eq!(lines, expected, "{ended:?}");
    // Bad on purpose, so that nothing can be sent, and in nothing but that.
    assert_eq!(probes.len(), usize::from(!words.is_empty()), "{ended:?}");
    for violation in probes.iter().flat_map(|probe| &probe.violations) {
        assert!(violation.contains("must have required property"), "{violation}");
    }
    assert!(probes.iter().all(|probe| !probe.violations.is_empty()), "{probes:?}");
    bench.keep(&format!("check {} with {home}", words.concat()), &ended.stdout, asked);
}

/// A request below `/api/v2`, with a name for whatever was drawn.
fn of_nobody(judged: &Judged) -> String {
    let line = judged.line().replace("/api/v2/", "");
    let name =
        |segment: &str| if Uuid::parse_str(segment).is_ok() { "{nobody}".to_owned() } else { segment.to_owned() };
    line.split('/').map(name).collect::<Vec<_>>().join("/")
}

/// A conversation in which the API said something, so that a transcript of it takes a second request.
fn conversation() -> Value {
    let mut conversation: Value = serde_json::from_str(CONVERSATION).unwrap();
    conversation["id"] = json!(NAME);
    let said = json!({"messageId": NAME, "messageStatus": "sent", "messageTime": "2026-05-15T14:05:00.000Z"});
    let api = json!({"id": "api", "purpose": "api", "state": "connected", "type": "webmessaging", "messages": [said]});
    conversation["participants"].as_array_mut().unwrap().push(api);
    conversation
}

fn marker() -> Post {
    Post {
        author_id: "system".to_owned(),
        kind: "system",
        text: "[System: Session resumed after network interruption]".to_owned(),
        to: Vec::new(),
        contact_id: Some("c0c0c0c0-1111-4222-8333-444444444444".to_owned()),
    }
}
