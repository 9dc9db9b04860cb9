//! Which topics a channel asks for, and which of them the token's roles forbid.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{answer::Answer, refusal::Refusal};

/// `MAX_SUBSCRIBABLE_TOPICS` of the platform.
pub(crate) const MAX_TOPICS: usize = 1000;

/// One entry of a subscription request.
#[derive(Debug, Deserialize)]
pub(crate) struct TopicRequest {
    pub(crate) id: String,
}

/// Topics that are not permitted, each with the permission it lacks.
#[derive(Debug, Default)]
pub(crate) struct Forbidden(BTreeMap<String, String>);

// === impl Forbidden ===

impl Forbidden {
    pub(crate) fn insert(&mut self, topic: String, missing_permission: String) {
        self.0.insert(topic, missing_permission);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn missing(&self, topic: &str) -> Option<&str> {
        self.0.get(topic).map(String::as_str)
    }

    /// The topics that may be subscribed to. One that may not spoils the request, unless errors are to be ignored.
    pub(crate) fn permitted(&self, asked: &[TopicRequest], ignore_errors: bool) -> Result<BTreeSet<String>, Refusal> {
        if let Some(bad) = asked.iter().find(|topic| !topic.id.starts_with("v2.")) {
            return Err(Refusal::bad_request(format!("no such topic: {}", bad.id)));
        }
        let missing: BTreeSet<_> = asked.iter().filter_map(|topic| self.missing(&topic.id)).collect();
        if !missing.is_empty() && !ignore_errors {
            let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!(
                "Unable to perform the requested action. You are missing the following permission(s): {missing}"
            );
            return Err(Refusal::regular(Answer::error(StatusCode::FORBIDDEN, message)));
        }
        Ok(asked.iter().filter(|topic| self.missing(&topic.id).is_none()).map(|topic| topic.id.clone()).collect())
    }

    /// The `ChannelTopicEntityListing` that tells of every topic of `ids` how it fares.
    pub(crate) fn listing<'a>(&self, channel_id: &str, ids: impl Iterator<Item = &'a str>) -> Value {
        let entities: Vec<_> = ids.map(|id| self.entity(channel_id, id)).collect();
        json!({"entities": entities})
    }

    fn entity(&self, channel_id: &str, id: &str) -> Value {
        let self_uri = format!("/api/v2/notifications/channels/{channel_id}/subscriptions/{id}");
        match self.missing(id) {
            None => json!({"id": id, "state": "Permitted", "selfUri": self_uri}),
            Some(permission) => json!({
                "id": id,
                "state": "Rejected",
                "rejectionReason": "Missing permissions",
                "missingPermissions": [permission],
                "selfUri": self_uri,
            }),
        }
    }
}
