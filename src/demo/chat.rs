//! One customer's chat, with everything its people and its flow do.

use anyhow::Context;
use genesys_sim::Route;
use tonic::Status;
use uuid::Uuid;

use super::people::{self, Room};
use super::stage::Stage;
use crate::pb;
use crate::pb::validate_session_request::Intent;
use crate::pb::validate_session_response as answer;

/// The marker's text, as the guide prints it.
pub(super) const MARKER: &str = "[System: Session resumed after network interruption]";
/// Who serves in the demo.
pub(super) const AGENT: &str = "agent-ada";

pub(super) struct Chat<'a> {
    pub(super) stage: &'a Stage,
    pub(super) room: Room,
}

impl<'a> Chat<'a> {
    /// A customer who talks to the agent.
    pub(super) fn with_agent(stage: &'a Stage) -> anyhow::Result<Self> {
        Self::new(stage, Some(AGENT))
    }

    /// A customer nobody has served yet.
    pub(super) fn new(stage: &'a Stage, agent: Option<&str>) -> anyhow::Result<Self> {
        stage.control.clear_ledger();
        Ok(Self { stage, room: Room::open(stage, agent)? })
    }

    /// The network drops.
    pub(super) fn drop(&self) -> anyhow::Result<()> {
        self.room.drop(self.stage)
    }

    /// A tab asks; each call is a drop of its own.
    pub(super) async fn validate(&self, intent: Intent, tab: &str) -> Result<pb::ValidateSessionResponse, Status> {
        let request = pb::ValidateSessionRequest {
            conversation_id: self.room.conversation.clone(),
            participant_id: self.room.customer.clone(),
            client_instance_id: tab.to_owned(),
            attempt_id: Uuid::new_v4().to_string(),
            intent: intent.into(),
            ..pb::ValidateSessionRequest::default()
        };
        Ok(self.stage.client.clone().validate_session(request).await?.into_inner())
    }

    /// What an Architect flow does with the answer, up to where it would confirm: attach to the agent, go to the target
    /// queue, or keep waiting. It never sends a resumed customer through the standard queue block.
    pub(super) fn flow(&self, answer: &pb::ValidateSessionResponse) -> anyhow::Result<()> {
        let attributes = &answer.routing_attributes;
        if attributes.get("resume").map(String::as_str) != Some("true") {
            return Ok(());
        }
        let agent = match answer.route() {
            answer::Route::ReattachAgent => attributes.get("agentId").map(String::as_str),
            _ => None,
        };
        self.room.attach(self.stage, agent)
    }

    pub(super) async fn confirm(&self, handshake: &str) -> Result<pb::ConfirmReattachResponse, Status> {
        let request = pb::ConfirmReattachRequest {
            conversation_id: self.room.conversation.clone(),
            participant_id: self.room.customer.clone(),
            handshake_id: handshake.to_owned(),
        };
        Ok(self.stage.client.clone().confirm_reattach(request).await?.into_inner())
    }

    /// Writes the marker, and messages named by their own text.
    pub(super) async fn inject(&self, handshake: &str, texts: &[&str]) -> Result<pb::InjectContextResponse, Status> {
        let message = |text: &&str| pb::inject_context_request::Message {
            client_message_id: text.replace(' ', "-"),
            text: (*text).to_owned(),
            sent_time: None,
        };
        let request = pb::InjectContextRequest {
            conversation_id: self.room.conversation.clone(),
            participant_id: self.room.customer.clone(),
            handshake_id: handshake.to_owned(),
            marker: MARKER.to_owned(),
            messages: texts.iter().map(message).collect(),
            ..pb::InjectContextRequest::default()
        };
        Ok(self.stage.client.clone().inject_context(request).await?.into_inner())
    }

    /// How often a text stands in the transcript.
    pub(super) fn said(&self, text: &str) -> anyhow::Result<usize> {
        self.room.said(self.stage, text)
    }

    /// The resumption count beside the conversation.
    pub(super) fn count(&self) -> anyhow::Result<String> {
        self.room.count(self.stage)
    }

    /// How many calls of a route Genesys got since this chat began.
    pub(super) fn calls(&self, route: Route) -> usize {
        self.stage.control.calls(route).len()
    }

    /// How many reads of conversations.
    pub(super) fn reads(&self) -> usize {
        self.calls(people::read(self.stage.contract))
    }

    /// Resumes, re-attaches, confirms and injects, as a whole drop goes when nothing else happens.
    pub(super) async fn resume_fully(&self, tab: &str) -> anyhow::Result<pb::ValidateSessionResponse> {
        let answer = self.validate(Intent::Resume, tab).await.context("validate")?;
        self.flow(&answer)?;
        self.confirm(&answer.handshake_id).await.context("confirm")?;
        self.inject(&answer.handshake_id, &[]).await.context("inject")?;
        Ok(answer)
    }
}
