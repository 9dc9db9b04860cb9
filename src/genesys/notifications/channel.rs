//! Channels by REST: made, and subscribed to topics. Every call counts against the budget.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::timing::CALL;
use super::topics::Topic;
use crate::genesys::Link;
use crate::genesys::answer::Answer;
use crate::genesys::api::Call;
use crate::genesys::operation::Operation;
use crate::ports::UpstreamError;

/// Topics in one request. The platform looks up the permissions of each.
const BATCH: usize = 500;

/// A channel. Whoever knows its id or its address can read it.
pub(super) struct Channel {
    id: SecretString,
    pub(super) address: SecretString,
    /// How long it has to live, as far as that is told.
    pub(super) life: Option<Duration>,
}

/// Topics that are not permitted for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejected {
    pub(super) topic: Topic,
    /// The permissions that our client lacks, or what else is said; empty if nothing is.
    pub(super) missing: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    id: String,
    connect_uri: String,
    expires: Option<Value>,
}

#[derive(Deserialize)]
struct Listing {
    entities: Vec<Entity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity {
    id: String,
    state: Option<String>,
    rejection_reason: Option<String>,
    missing_permissions: Option<Vec<String>>,
}

/// Makes a channel.
pub(super) async fn create(link: &Link) -> Result<Channel, UpstreamError> {
    let call = Call {
        operation: Operation::Subscribe,
        method: Method::POST,
        url: link.url(["api", "v2", "notifications", "channels"]),
        body: None,
    };
    let understand = |answer: &Answer| {
        let Created { id, connect_uri, expires } = answer.json()?;
        let expires: Option<Timestamp> = expires.and_then(|expires| expires.as_str()?.parse().ok());
        let life = expires.map(|expires| Duration::try_from(expires.duration_since(answer.time())).unwrap_or_default());
        Ok(Channel { id: id.into(), address: connect_uri.into(), life })
    };
    link.api().call(&call, Instant::now() + CALL, understand).await
}

// === impl Channel ===

impl Channel {
    /// Subscribes it to these topics and no others, and tells those that are not permitted.
    pub(super) async fn subscribe(&self, link: &Link, topics: &[Topic]) -> Result<Vec<Rejected>, UpstreamError> {
        let mut rejected = Vec::new();
        for (place, batch) in topics.chunks(BATCH).enumerate() {
            // The first replaces whatever there is, the others add to it.
            let method = if place == 0 { Method::PUT } else { Method::POST };
            rejected.extend(self.send(link, method, batch).await?);
        }
        Ok(rejected)
    }

    async fn send(&self, link: &Link, method: Method, batch: &[Topic]) -> Result<Vec<Rejected>, UpstreamError> {
        let id = self.id.expose_secret();
        let mut url = link.url(["api", "v2", "notifications", "channels", id, "subscriptions"]);
        // One that is not permitted does not spoil the others.
        url.set_query(Some("ignoreErrors=true"));
        let body = batch.iter().map(|topic| json!({"id": topic.name()})).collect();
        let call = Call { operation: Operation::Subscribe, method, url, body: Some(body) };
        let understand = |answer: &Answer| Ok(rejected(batch, answer.json::<Listing>()?.entities));
        link.api().call(&call, Instant::now() + CALL, understand).await
    }
}

/// Those of a batch that are not said to be permitted.
fn rejected(batch: &[Topic], told: Vec<Entity>) -> Vec<Rejected> {
    let (permitted, others): (Vec<Entity>, Vec<Entity>) =
        told.into_iter().partition(|entity| entity.state.as_deref() == Some("Permitted"));
    let permitted: HashSet<String> = permitted.into_iter().map(|entity| entity.id).collect();
    let not = batch.iter().filter(|topic| !permitted.contains(&topic.name()));
    not.map(|topic| {
        let name = topic.name();
        let missing = others.iter().find(|entity| entity.id == name).map(Entity::missing).unwrap_or_default();
        Rejected { topic: topic.clone(), missing }
    })
    .collect()
}

// === impl Entity ===

impl Entity {
    fn missing(&self) -> String {
        /// Enough for any permission's name, and no more than a line.
        const LONGEST: usize = 200;
        let named = self.missing_permissions.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
        let said = if named.is_empty() { self.rejection_reason.clone().unwrap_or_default() } else { named };
        said.chars().take(LONGEST).collect()
    }
}
