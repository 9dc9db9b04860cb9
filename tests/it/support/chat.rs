//! One customer's chat: its ids, and requests about it to be changed by a test before they are sent.

use genesys_sim::{Control, Created, NewConversation, Route};
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use tonic::Status;
use uuid::Uuid;

use super::{Client, Harness};

pub(crate) const MARKER: &str = "[System: Session resumed after network interruption]";

pub(crate) struct Chat {
    pub(crate) conversation: String,
    pub(crate) customer: String,
    control: Control,
    client: Client,
}

impl Chat {
    /// A customer who talks to an agent, whose network has just dropped.
    pub(crate) fn dropped(harness: &Harness) -> Self {
        let chat = Self::live(harness);
        harness.control.drop_customer(&chat.conversation).unwrap();
        chat
    }

    /// A customer who talks to an agent.
    pub(crate) fn live(harness: &Harness) -> Self {
        let new = NewConversation {
            agent_user_id: Some("agent-ada".into()),
            queue_id: Some("support".into()),
            ..NewConversation::default()
        };
        Self::of(harness, harness.control.create_conversation(new).unwrap())
    }

    /// A conversation that a test created itself.
    pub(crate) fn of(harness: &Harness, created: Created) -> Self {
        Self {
            conversation: created.conversation_id,
            customer: created.customer_id,
            control: harness.control.clone(),
            client: harness.client.clone(),
        }
    }

    /// A RESUME by no tab in particular.
    pub(crate) fn validate_request(&self) -> pb::ValidateSessionRequest {
        pb::ValidateSessionRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            ..pb::ValidateSessionRequest::default()
        }
    }

    pub(crate) fn confirm_request(&self, handshake: &str) -> pb::ConfirmReattachRequest {
        pb::ConfirmReattachRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
        }
    }

    /// The marker, and messages as (id, text).
    pub(crate) fn inject_request(&self, handshake: &str, messages: &[(&str, &str)]) -> pb::InjectContextRequest {
        let message = |(id, text): &(&str, &str)| pb::inject_context_request::Message {
            client_message_id: (*id).to_owned(),
            text: (*text).to_owned(),
            sent_time: None,
        };
        pb::InjectContextRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.customer.clone(),
            handshake_id: handshake.to_owned(),
            marker: MARKER.to_owned(),
            messages: messages.iter().map(message).collect(),
            ..pb::InjectContextRequest::default()
        }
    }

    pub(crate) async fn validate(&self) -> Result<pb::ValidateSessionResponse, Status> {
        self.send(self.validate_request()).await
    }

    /// A tab's request with this intent, as a drop of its own.
    pub(crate) async fn validate_as(&self, tab: &str, intent: Intent) -> Result<pb::ValidateSessionResponse, Status> {
        let request = pb::ValidateSessionRequest {
            client_instance_id: tab.to_owned(),
            attempt_id: Uuid::new_v4().to_string(),
            intent: intent.into(),
            ..self.validate_request()
        };
        self.send(request).await
    }

    pub(crate) async fn send(
        &self,
        request: pb::ValidateSessionRequest,
    ) -> Result<pb::ValidateSessionResponse, Status> {
        Ok(self.client.clone().validate_session(request).await?.into_inner())
    }

    pub(crate) async fn confirm(&self, handshake: &str) -> Result<pb::ConfirmReattachResponse, Status> {
        Ok(self.client.clone().confirm_reattach(self.confirm_request(handshake)).await?.into_inner())
    }

    pub(crate) async fn inject(
        &self,
        handshake: &str,
        messages: &[(&str, &str)],
    ) -> Result<pb::InjectContextResponse, Status> {
        let request = self.inject_request(handshake, messages);
        Ok(self.client.clone().inject_context(request).await?.into_inner())
    }

    /// Validates, re-attaches and confirms: everything an injection needs before it.
    pub(crate) async fn confirmed(&self) -> String {
        let handshake = self.validate().await.unwrap().handshake_id;
        // A live customer is attached already; only a dropped one has to be.
        let _ = self.control.attach(&self.conversation, None);
        self.confirm(&handshake).await.unwrap();
        handshake
    }

    /// The texts of the transcript, in order.
    pub(crate) fn transcript(&self) -> Vec<String> {
        let lines = self.control.transcript(&self.conversation).unwrap();
        lines.into_iter().map(|line| line.text).collect()
    }

    /// `resumptionCount` beside the conversation, zero while it is not there.
    pub(crate) fn count(&self) -> u32 {
        let attributes = self.control.conversation(&self.conversation).unwrap().custom_attributes;
        attributes.get("resumptionCount").map_or(0, |count| count.parse().unwrap())
    }

    /// How many calls of a route Genesys got about this chat.
    pub(crate) fn calls(&self, route: Route) -> usize {
        let about_this = |id: &Option<String>| id.as_deref() == Some(self.conversation.as_str());
        self.control.calls(route).iter().filter(|entry| about_this(&entry.conversation_id)).count()
    }
}
