//! The real Genesys Cloud API: its paths, its requests, and what its answers mean.
//!
//! A conversation is read by `/conversations/messages/{id}` alone. When the conversation as a whole began or ended would stand in
//! `/conversations/{id}`, at the price of a second request of a scarce budget; what is derived here needs no more than when its
//! legs did.

mod calls;
pub mod conversation;
pub mod events;
mod marker;
mod metadata;
pub mod telling;
mod transcript;
mod words;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use self::calls::Ask;
use self::conversation::{MessageConversation, could_be_ours, legs_of};
use self::telling::Telling;
use super::answer::Answer;
use super::{Link, Settings, join};
use crate::domain::derive::derive;
use crate::domain::ids::{ConversationId, MessageId, Pair, ParticipantId};
use crate::domain::legs::{Legs, Purpose};
use crate::domain::snapshot::Reading;
use crate::ports::{Budget, Clock, Conversations, Entropy, Line, Metadata, Mirror, Post, Settled, UpstreamError};

/// What differs from one organization of Genesys Cloud to another.
#[derive(Debug, Clone)]
pub struct PlatformSettings {
    /// How long after its end a message still reopens a conversation: the organization's threading timeline for web messaging.
    pub threading_timeline: Duration,
    /// Where a confirmation's metadata are written.
    pub metadata: MetadataHome,
    /// Who writes the marker.
    pub marker: MarkerWay,
    /// The queues whose conversations' every change is told by events.
    pub covered_queues: Arc<[String]>,
}

/// Where a confirmation's metadata are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataHome {
    /// In the attributes of the customer's participant, where flows and scripts see them. The last writer wins.
    ParticipantAttributes,
    /// In the conversation's record of custom attributes, which has a version. The flow that starts the conversation makes the
    /// record, by a schema that has `resumptionCount` and `lastResumptionTimestamp` as texts.
    CustomAttributes,
}

/// Who writes the marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkerWay {
    /// We do, as a message of the API.
    Agentless {
        /// The Messenger deployment that customers write to.
        deployment_id: String,
    },
    /// Architect does, in the flow that re-attaches the customer; we send nothing.
    ByArchitect,
}

/// The conversations of the real Genesys Cloud.
pub struct PlatformConversations {
    link: Link,
    base: Url,
    settings: PlatformSettings,
    telling: Option<Telling>,
    clock: Arc<dyn Clock>,
}

// === impl PlatformConversations ===

impl PlatformConversations {
    /// Sets up what calls need; connects to nothing yet. The mirror is told what is read.
    pub fn new(
        settings: Settings,
        platform: PlatformSettings,
        mirror: Option<Arc<dyn Mirror>>,
        budget: Arc<dyn Budget>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            base: join(&settings.api_url, ["api", "v2", "conversations"]),
            link: Link::new(settings, budget, Arc::clone(&clock), entropy)?,
            telling: mirror.map(|mirror| Telling::new(mirror, &platform.covered_queues)),
            settings: platform,
            clock,
        })
    }

    /// Obtains a token, so that a service that is ready can serve. The error is that of the login host itself.
    pub async fn sign_in(&self) -> Result<(), UpstreamError> {
        self.link.sign_in().await
    }

    /// The way these calls go, for others that are to share it.
    pub fn link(&self) -> Link {
        self.link.clone()
    }

    async fn ask<T>(
        &self,
        ask: Ask<'_>,
        deadline: Instant,
        understand: impl Fn(&Answer) -> Result<T, UpstreamError> + Send + Sync,
    ) -> Result<T, UpstreamError> {
        self.link.api().call(&ask.call(&self.base), deadline, understand).await
    }
}

#[async_trait]
impl Conversations for PlatformConversations {
    async fn read(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError> {
        // Before the request: what is told from then on is newer than what it finds.
        let feed = match &self.telling {
            Some(telling) => telling.feed().await,
            None => None,
        };
        let understand = |answer: &Answer| {
            let found = existing(answer.json::<Value>())?.map(|body| judgeable(legs_of(body, Some(id))?));
            Ok((found.transpose()?, answer.date()))
        };
        let (found, date) = self.ask(Ask::Conversation(id), deadline, understand).await?;
        let now = date.unwrap_or_else(|| self.clock.now());
        let snapshot = found.as_ref().map(|legs| derive(legs, self.settings.threading_timeline, now));
        // By our own clock nobody could tell what is newer.
        if let (Some(telling), Some(legs), Some(as_of)) = (&self.telling, found, date) {
            telling.tell(legs, as_of, feed).await;
        }
        Ok(Reading::live(snapshot, date))
    }

    async fn read_with_metadata(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError> {
        let mut reading = self.read(id, deadline).await?;
        if self.settings.metadata == MetadataHome::CustomAttributes
            && let Some(snapshot) = &mut reading.found
        {
            let record = self.custom_attributes(id, deadline).await?;
            metadata::put(record.as_ref(), &mut snapshot.attributes);
        }
        Ok(reading)
    }

    async fn conversation_of(
        &self,
        message: &MessageId,
        deadline: Instant,
    ) -> Result<Option<ConversationId>, UpstreamError> {
        let understand = |answer: &Answer| {
            existing(answer.json::<transcript::MessageData>())?.map(|found| found.into_home(message)).transpose()
        };
        self.ask(Ask::Message(message), deadline, understand).await
    }

    async fn write_metadata(
        &self,
        pair: &Pair,
        metadata: &Metadata,
        deadline: Instant,
    ) -> Result<Settled, UpstreamError> {
        match self.settings.metadata {
            MetadataHome::ParticipantAttributes => {
                let call = Ask::WriteAttributes(pair, metadata).call(&self.base);
                // 202, with nothing in it, says that it will be done; whoever read it back now would not see it yet.
                self.link.api().write(&call, deadline, Answer::acknowledges).await.map(|((), settled)| settled)
            }
            MetadataHome::CustomAttributes => self.amend_custom_attributes(pair, metadata, deadline).await,
        }
    }

    async fn post(&self, id: &ConversationId, post: &Post, deadline: Instant) -> Result<String, UpstreamError> {
        if post.kind != marker::KIND {
            return Err(UpstreamError::Withheld("nobody can write as the customer of a web chat"));
        }
        let MarkerWay::Agentless { deployment_id } = &self.settings.marker else {
            return Ok(marker::BY_ARCHITECT.to_owned());
        };
        let message = marker::Agentless::new(deployment_id, post)?;
        self.ask(Ask::Say(&message), deadline, |answer| answer.json::<marker::Said>()?.into_id(id)).await
    }

    async fn transcript(&self, id: &ConversationId, deadline: Instant) -> Result<Option<Vec<Line>>, UpstreamError> {
        if self.settings.marker == MarkerWay::ByArchitect {
            // Nothing of ours was ever sent, so nothing of ours stands there, and what is "sent" again stands there no more often.
            return Ok(Some(Vec::new()));
        }
        let understand = |answer: &Answer| MessageConversation::read(answer.json::<Value>()?)?.into_entries(id);
        let Some(entries) = self.ask(Ask::Transcript(id), deadline, understand).await? else { return Ok(None) };
        let ours: Vec<&str> =
            entries.iter().filter(|entry| could_be_ours(entry.purpose)).map(|entry| &*entry.id).collect();
        if ours.len() > transcript::MOST_TEXTS {
            return Ok(None);
        }
        let texts = if ours.is_empty() {
            transcript::Texts::default()
        } else {
            self.ask(Ask::Texts(id, &ours), deadline, |answer| answer.json().map(transcript::Listing::into_texts))
                .await?
        };
        Ok(transcript::lines(entries, texts))
    }
}

impl fmt::Debug for PlatformConversations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformConversations").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What Genesys says does not exist is no error.
fn existing<T>(answered: Result<T, UpstreamError>) -> Result<Option<T>, UpstreamError> {
    match answered {
        Ok(found) => Ok(Some(found)),
        Err(UpstreamError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Refuses legs that do not show who their customers are: a chat has one, and nobody is sent away as a stranger because a field is
/// gone or has a new name.
fn judgeable(legs: Legs) -> Result<Legs, UpstreamError> {
    let mut customers = legs.all.iter().filter(|leg| leg.purpose == Purpose::Customer).peekable();
    if customers.peek().is_none() {
        return Err(UpstreamError::Malformed("the conversation shows no customer"));
    }
    if customers.any(|leg| ParticipantId::parse(&leg.id).is_err()) {
        return Err(UpstreamError::Malformed("the conversation shows a customer without an id"));
    }
    Ok(legs)
}

#[cfg(test)]
mod tests;
