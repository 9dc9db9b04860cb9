//! The guide's contract: its paths, its requests, and what its answers mean.

mod conversation;
mod transcript;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use url::Url;

use super::answer::Answer;
use super::api::Call;
use super::operation::Operation;
use super::wire::attributes;
use super::{Link, ReadMethod, Settings, join};
use crate::domain::ids::{ConversationId, Pair};
use crate::domain::snapshot::Reading;
use crate::ports::{Budget, Clock, Conversations, Entropy, Line, Metadata, Post, Settled, UpstreamError};

/// The conversations of a Genesys that speaks as the guide has it.
pub struct GuideConversations {
    link: Link,
    base: Url,
    read_method: Method,
}

// === impl GuideConversations ===

impl GuideConversations {
    /// Sets up what calls need; connects to nothing yet.
    pub fn new(
        settings: Settings,
        budget: Arc<dyn Budget>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            base: join(&settings.api_url, ["api", "v2", "conversations", "messaging"]),
            read_method: match settings.read_method {
                ReadMethod::Post => Method::POST,
                ReadMethod::Get => Method::GET,
            },
            link: Link::new(settings, budget, clock, entropy)?,
        })
    }

    /// Obtains a token, so that a service that is ready can serve. The error is that of the login host itself.
    pub async fn sign_in(&self) -> Result<(), UpstreamError> {
        self.link.sign_in().await
    }

    fn conversation(&self, id: &ConversationId) -> Url {
        join(&self.base, [id.as_str()])
    }

    fn messages(&self, id: &ConversationId) -> Url {
        join(&self.base, [id.as_str(), "messages"])
    }
}

#[async_trait]
impl Conversations for GuideConversations {
    async fn read(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError> {
        let call = Call {
            operation: Operation::Read,
            method: self.read_method.clone(),
            url: self.conversation(id),
            body: None,
        };
        let understand = |answer: &Answer| {
            let found = match answer.check() {
                Ok(()) => Some(answer.json::<conversation::Conversation>()?.into_snapshot(id)?),
                Err(UpstreamError::NotFound) => None,
                Err(error) => return Err(error),
            };
            Ok(Reading::live(found, answer.date()))
        };
        self.link.api().call(&call, deadline, understand).await
    }

    async fn write_metadata(
        &self,
        pair: &Pair,
        metadata: &Metadata,
        deadline: Instant,
    ) -> Result<Settled, UpstreamError> {
        let call = Call {
            operation: Operation::WriteMetadata,
            method: Method::PATCH,
            url: self.conversation(&pair.conversation),
            body: Some(json!({"customAttributes": attributes(metadata)})),
        };
        self.link.api().write(&call, deadline, Answer::acknowledges).await.map(|((), settled)| settled)
    }

    async fn post(&self, id: &ConversationId, post: &Post, deadline: Instant) -> Result<String, UpstreamError> {
        let call = Call {
            operation: Operation::Post,
            method: Method::POST,
            url: self.messages(id),
            body: Some(json!({
                "authorId": post.author_id,
                "type": post.kind,
                "text": post.text,
                "to": post.to,
            })),
        };
        self.link.api().call(&call, deadline, |answer| answer.json::<transcript::Posted>()?.into_id()).await
    }

    async fn transcript(&self, id: &ConversationId, deadline: Instant) -> Result<Option<Vec<Line>>, UpstreamError> {
        let call = Call { operation: Operation::Transcript, method: Method::GET, url: self.messages(id), body: None };
        let understand = |answer: &Answer| {
            if matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
                return Ok(None);
            }
            answer.json::<transcript::Transcript>()?.into_lines().map(Some)
        };
        self.link.api().call(&call, deadline, understand).await
    }
}

impl fmt::Debug for GuideConversations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuideConversations").finish_non_exhaustive()
    }
}
