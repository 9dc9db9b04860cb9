//! Every request that we make is one that the API describes.

use std::fmt::Debug;
use std::io::{self, Write as _};

use serde_json::{Value, json};
use session_resumption::domain::ids::{ConversationId, MessageId, Pair, ParticipantId};
use session_resumption::genesys::MetadataHome;
use session_resumption::ports::{Conversations as _, Metadata, Post};

use crate::client::{client, soon};
use crate::description::answering;
use crate::prism::Prism;
use crate::witness::{Judged, Witness};

/// What Prism says wherever there is a text: so named, whatever is asked for is what is answered.
const NAME: &str = "string";

const CONVERSATION: &str = include_str!("../genesys/fixtures/message_conversation.active_with_agent.json");

/// Prism, what it was asked, and what came of it.
struct Bench {
    witness: Witness,
    judged: Vec<Judged>,
}

impl Bench {
    async fn new() -> Self {
        let witness = Witness::of(Prism::start(&answering(conversation())).await).await;
        Self { witness, judged: Vec::new() }
    }

    /// Notes what was asked for the sake of an operation, which is to be this.
    #[expect(clippy::print_stdout, reason = "what came back is worth a look also if all is well")]
    fn note(&mut self, operation: &str, came_back: &impl Debug, expected: &[&str]) {
        let asked = self.witness.take();
        let lines: Vec<String> = asked.iter().map(|judged| format!("{} {}", judged.method, judged.path)).collect();
        let told: String = asked.iter().map(|judged| format!("  {judged}\n")).collect();
        let came_back: String = format!("{came_back:?}").chars().take(160).collect();
        println!("{operation}: {came_back}\n{told}");
        self.judged.extend(asked);
        assert_eq!(lines, expected, "{operation}: {came_back}");
    }

    /// The verdict on everything.
    fn rest(self) {
        let found: Vec<&Judged> = self.judged.iter().filter(|judged| !judged.violations.is_empty()).collect();
        // Past the harness, which shows only what failed.
        let (all, bad) = (self.judged.len(), found.len());
        writeln!(io::stderr(), "contract: {all} requests judged by Prism, {bad} violations").unwrap();
        let told: String = found.iter().map(|judged| format!("{judged}\n")).collect();
        assert!(found.is_empty(), "{told}");
    }
}

#[tokio::test]
async fn every_request_of_the_adapter_is_one_that_the_api_describes() {
    let mut bench = Bench::new().await;
    let id = ConversationId::parse(NAME).unwrap();
    let pair = Pair { conversation: id.clone(), participant: ParticipantId::parse(NAME).unwrap() };
    let metadata = Metadata { count: 2, time: "2026-05-15T14:35:22Z".parse().unwrap() };
    let read = format!("GET /api/v2/conversations/messages/{NAME}");
    let record = format!("GET /api/v2/conversations/{NAME}/customattributes");

    let attributes = client(&bench.witness.url, MetadataHome::ParticipantAttributes);
    let came_back = attributes.read(&id, soon()).await;
    bench.note("read", &came_back, &[&read]);
    let came_back = attributes.read_with_metadata(&id, soon()).await;
    bench.note("read_with_metadata, of participants", &came_back, &[&read]);
    let came_back = attributes.write_metadata(&pair, &metadata, soon()).await;
    let write = format!("PATCH /api/v2/conversations/{NAME}/participants/{NAME}/attributes");
    bench.note("write_metadata, to a participant", &came_back, &[&write]);

    let custom = client(&bench.witness.url, MetadataHome::CustomAttributes);
    let came_back = custom.read_with_metadata(&id, soon()).await;
    bench.note("read_with_metadata, of the record", &came_back, &[&read, &record]);
    let came_back = custom.write_metadata(&pair, &metadata, soon()).await;
    let write = format!("PATCH /api/v2/conversations/{NAME}/customattributes");
    bench.note("write_metadata, to the record", &came_back, &[&record, &write]);

    let came_back = attributes.post(&id, &marker(), soon()).await;
    bench.note("post", &came_back, &["POST /api/v2/conversations/messages/agentless"]);
    let came_back = attributes.transcript(&id, soon()).await;
    let texts = format!("POST /api/v2/conversations/messages/{NAME}/messages/bulk?useNormalizedMessage=true");
    bench.note("transcript", &came_back, &[&read, &texts]);
    let came_back = attributes.conversation_of(&MessageId::parse(NAME).unwrap(), soon()).await;
    let details = format!("GET /api/v2/conversations/messages/{NAME}/details?useNormalizedMessage=true");
    bench.note("conversation_of", &came_back, &[&details]);
    bench.rest();
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
