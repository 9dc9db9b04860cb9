//! One customer's chat, and what its tabs and flows ask about it.

use std::time::Duration;

use genesys_sim::{Control, NewConversation};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;
use tokio::time::{Instant, sleep};
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

pub(crate) const MARKER: &str = "[System: Session resumed after network interruption]";

/// Who is not served by then never will be.
const PATIENCE: Duration = Duration::from_mins(1);
/// Earlier than callers are told to return: impolite, and harmless.
const BACK_IN: Duration = Duration::from_millis(250);

pub(crate) type Client = SessionResumptionClient<Channel>;

pub(crate) struct Session {
    conversation: String,
    customer: String,
}

impl Session {
    /// A customer who talked to an agent when the network went down.
    pub(crate) fn dropped(control: &Control) -> Self {
        let new = NewConversation { agent_user_id: Some("agent-ada".into()), ..NewConversation::default() };
        let created = control.create_conversation(new).unwrap();
        control.drop_customer(&created.conversation_id).unwrap();
        Self { conversation: created.conversation_id, customer: created.customer_id }
    }

    pub(crate) fn attach(&self, control: &Control) {
        control.attach(&self.conversation, None).unwrap();
    }

    /// A tab asks to come back.
    pub(crate) async fn resume(&self, mut client: Client, tab: usize) -> pb::ValidateSessionResponse {
        let request = pb::ValidateSessionRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            client_instance_id: format!("tab-{tab}"),
            attempt_id: Uuid::new_v4().to_string(),
            ..pb::ValidateSessionRequest::default()
        };
        client.validate_session(request).await.unwrap().into_inner()
    }

    /// A flow confirms at one replica and writes the marker at another, as often as it takes. Answers the count it was told,
    /// and whether another flow had counted before.
    pub(crate) async fn finish(&self, mut confirming: Client, mut injecting: Client, handshake: &str) -> (i32, bool) {
        let until = Instant::now() + PATIENCE;
        let request = pb::ConfirmReattachRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
        };
        let confirmed = loop {
            match confirming.confirm_reattach(request.clone()).await {
                Ok(answer) => break answer.into_inner(),
                Err(status) => back_later(&status, until).await,
            }
        };
        assert_eq!(confirmed.outcome(), Confirm::Confirmed);
        let request = pb::InjectContextRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
            marker: MARKER.to_owned(),
            ..pb::InjectContextRequest::default()
        };
        loop {
            match injecting.inject_context(request.clone()).await {
                Ok(answer) => {
                    assert_eq!(answer.into_inner().outcome(), Inject::Complete);
                    return (confirmed.resumption_count, confirmed.replayed);
                }
                Err(status) => back_later(&status, until).await,
            }
        }
    }

    /// `resumptionCount` beside the conversation.
    pub(crate) fn count(&self, control: &Control) -> u32 {
        let attributes = control.conversation(&self.conversation).unwrap().custom_attributes;
        attributes.get("resumptionCount").map_or(0, |count| count.parse().unwrap())
    }

    pub(crate) fn transcript(&self, control: &Control) -> Vec<String> {
        control.transcript(&self.conversation).unwrap().into_iter().map(|line| line.text).collect()
    }
}

/// Only who has to wait for another may be sent away.
async fn back_later(status: &Status, until: Instant) {
    assert!(status.code() == Code::Unavailable && Instant::now() < until, "{status:?}");
    sleep(BACK_IN).await;
}
