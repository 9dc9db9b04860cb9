//! One customer's chat, and what its tabs and flows ask about it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use genesys_sim::{Control, NewConversation};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;
use tokio::time::{Instant, sleep};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

pub(crate) const MARKER: &str = "[System: Session resumed after network interruption]";

/// Who is not served by then never will be.
const PATIENCE: Duration = Duration::from_mins(5);
/// Nobody stays away for longer, whatever they are told.
const LONGEST_NAP: Duration = Duration::from_secs(5);

pub(crate) type Client = SessionResumptionClient<Channel>;
pub(crate) type Answer = pb::ValidateSessionResponse;

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

    /// A tab asks to come back, as often as it takes.
    pub(crate) async fn resume(&self, mut client: Client, tab: usize, sent_away: &SentAway) -> Answer {
        let request = pb::ValidateSessionRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            client_instance_id: format!("tab-{tab}"),
            attempt_id: Uuid::new_v4().to_string(),
            ..pb::ValidateSessionRequest::default()
        };
        loop {
            match client.validate_session(request.clone()).await.map(Response::into_inner) {
                Ok(answer) if !answer.degraded => return answer,
                // As good as sent away: there is no handshake in it.
                Ok(_) => sent_away.back_later().await,
                Err(status) => sent_away.with(&status).await,
            }
        }
    }

    /// A flow confirms at one replica and writes the marker at another, as often as it takes.
    pub(crate) async fn finish(
        &self,
        mut confirming: Client,
        mut injecting: Client,
        handshake: &str,
        sent_away: &SentAway,
    ) -> pb::ConfirmReattachResponse {
        let request = pb::ConfirmReattachRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
        };
        let confirmed = loop {
            match confirming.confirm_reattach(request.clone()).await {
                Ok(answer) => break answer.into_inner(),
                Err(status) => sent_away.with(&status).await,
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
                    return confirmed;
                }
                Err(status) => sent_away.with(&status).await,
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

/// Callers who were told to come back, because a store or a Genesys that shares two busy cores with everything else did not
/// answer in time. None on a machine that has nothing else to do.
pub(crate) struct SentAway {
    count: AtomicUsize,
    until: Instant,
}

impl SentAway {
    pub(crate) fn new() -> Self {
        Self { count: AtomicUsize::new(0), until: Instant::now() + PATIENCE }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Comes back when told to. Who waits for another writer of the same conversation is told so too, which is no failure.
    async fn with(&self, status: &Status) {
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        let told = status.get_error_details();
        let waits = told.error_info().is_some_and(|info| info.reason == "IN_PROGRESS");
        self.count.fetch_add(usize::from(!waits), Ordering::Relaxed);
        let delay = told.retry_info().and_then(|info| info.retry_delay);
        assert!(Instant::now() < self.until, "not served within {PATIENCE:?}: {status:?}");
        sleep(delay.unwrap_or_default().min(LONGEST_NAP)).await;
    }

    async fn back_later(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        assert!(Instant::now() < self.until, "not served within {PATIENCE:?}");
        sleep(LONGEST_NAP).await;
    }
}
