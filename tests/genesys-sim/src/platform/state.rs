//! All platform conversations, and the one way in which any of them changes.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    ControlError,
    feed::Feed,
    platform::{events, model::PlatformConversation},
    world::World,
};

/// What the platform profile knows.
#[derive(Debug, Default)]
pub(crate) struct Platform {
    conversations: HashMap<String, PlatformConversation>,
    /// Bodies that reads show as they are, instead of any conversation.
    raw: HashMap<String, Value>,
    /// The conversation that each message is in.
    by_message: HashMap<String, String>,
}

// === impl Platform ===

impl Platform {
    pub(crate) fn raw(&self, id: &str) -> Option<&Value> {
        self.raw.get(id)
    }

    pub(crate) fn conversation_of_message(&self, message_id: &str) -> Option<&String> {
        self.by_message.get(message_id)
    }

    pub(crate) fn conversations(&self) -> impl Iterator<Item = &PlatformConversation> {
        self.conversations.values()
    }

    fn index(&mut self, id: &str) {
        let Some(conversation) = self.conversations.get(id) else { return };
        for message in conversation.transcript.iter().rev() {
            if self.by_message.insert(message.id.clone(), id.to_owned()).is_some() {
                return;
            }
        }
    }
}

// === impl World ===

impl World {
    pub(crate) fn insert_platform(&mut self, conversation: PlatformConversation) -> Result<(), ControlError> {
        if self.platform.conversations.contains_key(&conversation.id) {
            return Err(ControlError::Conflict("the conversation exists already"));
        }
        let now = self.clock.now();
        let nothing = PlatformConversation { legs: Vec::new(), transcript: Vec::new(), ..conversation.clone() };
        events::publish(&mut self.feed, &nothing, &conversation, now);
        let id = conversation.id.clone();
        self.platform.conversations.insert(id.clone(), conversation);
        self.platform.index(&id);
        Ok(())
    }

    pub(crate) fn put_raw(&mut self, id: String, body: Value) {
        self.platform.raw.insert(id, body);
    }

    pub(crate) fn remove_platform(&mut self, id: &str) -> Result<(), ControlError> {
        let raw = self.platform.raw.remove(id).is_some();
        let modelled = self.platform.conversations.remove(id).is_some();
        self.platform.by_message.retain(|_, conversation| conversation != id);
        if raw || modelled { Ok(()) } else { Err(ControlError::NotFound) }
    }

    /// The conversation as it is now, with every update that has come due.
    pub(crate) fn platform_conversation(&mut self, id: &str) -> Result<&PlatformConversation, ControlError> {
        let now = self.clock.now();
        let conversation = self.platform.conversations.get_mut(id).ok_or(ControlError::NotFound)?;
        settle(&mut self.feed, conversation, now);
        Ok(conversation)
    }

    /// Changes the conversation and tells its guest and the subscribers what has changed.
    pub(crate) fn change_platform<T, E: From<ControlError>>(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut PlatformConversation, Timestamp) -> Result<T, E>,
    ) -> Result<T, E> {
        let now = self.clock.now();
        let conversation = self.platform.conversations.get_mut(id).ok_or(ControlError::NotFound)?;
        settle(&mut self.feed, conversation, now);
        let before = conversation.clone();
        let done = change(conversation, now)?;
        events::publish(&mut self.feed, &before, conversation, now);
        self.guests.follow(&before, conversation, self.options.agent_disconnect, now);
        self.platform.index(id);
        Ok(done)
    }

    /// Makes every update visible that has come due.
    pub(crate) fn settle_platform(&mut self) {
        let now = self.clock.now();
        for conversation in self.platform.conversations.values_mut() {
            settle(&mut self.feed, conversation, now);
        }
    }
}

fn settle(feed: &mut Feed, conversation: &mut PlatformConversation, now: Timestamp) {
    while let Some(update) = conversation.pending.pop_front_if(|update| update.due <= now) {
        let before = conversation.clone();
        if let Some(leg) = conversation.leg_mut(&update.participant_id) {
            leg.attributes.extend(update.attributes);
        }
        events::publish(feed, &before, conversation, update.due);
    }
}
