//! The real service and a Genesys Cloud that speaks its public API.

mod names;
mod pushed;
mod states;
mod writes;

use genesys_sim::{NewPlatformConversation, PlatformControl, Route, SimOptions};
use session_resumption::pb;

use crate::support::{Harness, MARKER};

const QUEUE: &str = "queue-support";
const OTHER_QUEUE: &str = "queue-specialists";
const AGENT: &str = "agent-ada";
const PLATFORM: (&str, &str) = ("genesys.profile", "platform");

/// One guest's chat.
struct Guest {
    conversation: String,
    customer: String,
    genesys: PlatformControl,
}

/// A service that speaks the platform's contract, with these settings besides.
async fn service(settings: &[(&str, &str)]) -> Harness {
    service_of(SimOptions::default(), settings).await
}

async fn service_of(options: SimOptions, settings: &[(&str, &str)]) -> Harness {
    Harness::with(options, &[&[PLATFORM], settings].concat()).await
}

/// One that writes markers as agentless messages.
async fn writing(settings: &[(&str, &str)]) -> Harness {
    let options = SimOptions::default();
    let deployment = options.deployment_id.clone();
    let agentless = [("platform.marker", "agentless"), ("platform.deployment_id", &*deployment)];
    service_of(options, &[&agentless, settings].concat()).await
}

impl Guest {
    /// One whom an agent serves.
    fn served(harness: &Harness) -> Self {
        Self::of(harness, Some(AGENT))
    }

    /// One who waits in the queue.
    fn waiting(harness: &Harness) -> Self {
        Self::of(harness, None)
    }

    fn of(harness: &Harness, agent: Option<&str>) -> Self {
        let genesys = harness.control.platform();
        let new = NewPlatformConversation {
            queue_id: Some(QUEUE.to_owned()),
            agent_user_id: agent.map(str::to_owned),
            ..NewPlatformConversation::default()
        };
        let created = genesys.create(new).unwrap();
        Self { conversation: created.conversation_id, customer: created.customer_id, genesys }
    }

    fn resume(&self) -> pb::ValidateSessionRequest {
        pb::ValidateSessionRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            ..pb::ValidateSessionRequest::default()
        }
    }

    fn confirm(&self, handshake: &str) -> pb::ConfirmReattachRequest {
        pb::ConfirmReattachRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
        }
    }

    /// The marker, and these messages.
    fn inject(&self, handshake: &str, texts: &[&str]) -> pb::InjectContextRequest {
        let message = |text: &&str| pb::inject_context_request::Message {
            client_message_id: format!("m-{text}"),
            text: (*text).to_owned(),
            sent_time: None,
        };
        pb::InjectContextRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
            marker: MARKER.to_owned(),
            messages: texts.iter().map(message).collect(),
            ..pb::InjectContextRequest::default()
        }
    }

    /// Resumes and confirms; the handshake.
    async fn confirmed(&self, harness: &Harness) -> String {
        let answer = harness.validate(self.resume()).await.unwrap();
        let confirmed = harness.confirm(self.confirm(&answer.handshake_id)).await.unwrap();
        assert_eq!(confirmed.outcome(), pb::confirm_reattach_response::Outcome::Confirmed);
        answer.handshake_id
    }

    fn markers(&self) -> usize {
        let transcript = self.genesys.transcript(&self.conversation).unwrap();
        transcript.iter().filter(|message| message.text == MARKER).count()
    }

    /// What stands at the customer's participant, once it shows.
    fn attribute(&self, harness: &Harness, name: &str) -> Option<String> {
        harness.advance(std::time::Duration::from_secs(1));
        let body = self.genesys.conversation(&self.conversation).unwrap();
        let legs = body["participants"].as_array().unwrap();
        let own = legs.iter().find(|leg| leg["id"] == self.customer.as_str()).unwrap();
        own["attributes"][name].as_str().map(str::to_owned)
    }
}

fn reads(harness: &Harness) -> usize {
    harness.control.calls(Route::PlatformRead).len()
}

/// Ends the service, and holds it to what it may never do.
async fn strike(harness: Harness) {
    let ledger = harness.control.ledger();
    let destructive: Vec<_> = ledger.iter().filter(|entry| entry.destructive).collect();
    assert!(destructive.is_empty(), "{destructive:?}");
    let broken: Vec<_> = ledger.iter().filter_map(|entry| entry.violation.as_deref()).collect();
    assert!(broken.is_empty(), "{broken:?}");
    harness.stop().await.unwrap();
}
