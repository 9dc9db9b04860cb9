//! A conversation as the platform prints it, in an answer or in an event, and its legs in domain words.
//!
//! The platform's words are an open set and its fields come and go: what is strange is as good as absent, and nothing strange
//! ends a leg. A leg that cannot be read at all still stands there, and is taken for live.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::ids::ConversationId;
use crate::domain::legs::{Leg, Legs, Purpose, Transfer};
use crate::genesys::platform::words;
use crate::genesys::wire::{attribute, filled, usable};
use crate::ports::UpstreamError;

/// `MessageConversation`, and the body of the topics that end in `conversations.messages`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageConversation {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    participants: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "usable")]
    recent_transfers: Option<Vec<Value>>,
}

/// `MessageMediaParticipant`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Participant {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    purpose: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    state: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    disconnect_type: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    start_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    start_alerting_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    connected_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    park_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    end_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    user: Option<Reference>,
    #[serde(default, deserialize_with = "usable")]
    queue: Option<Reference>,
    #[serde(default, deserialize_with = "usable")]
    external_contact: Option<Reference>,
    #[serde(default, deserialize_with = "usable")]
    monitored_participant_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    attributes: Option<BTreeMap<String, Value>>,
    #[serde(default, deserialize_with = "usable")]
    messages: Option<Vec<Value>>,
}

/// Whatever is named by its id.
#[derive(Deserialize)]
struct Reference {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
}

/// `MessageDetails`: a message without its text.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageDetails {
    #[serde(default, deserialize_with = "usable")]
    message_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    message_time: Option<Timestamp>,
}

/// `TransferResponse`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransferResponse {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    state: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    date_issued: Option<Timestamp>,
    #[serde(default, deserialize_with = "usable")]
    initiator: Option<Party>,
    #[serde(default, deserialize_with = "usable")]
    destination: Option<Party>,
}

/// One end of a transfer.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Party {
    #[serde(default, deserialize_with = "usable")]
    user_id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    address: Option<String>,
}

/// A message that stands in a conversation, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) time: Option<Timestamp>,
    pub(super) leg: String,
    pub(super) purpose: Purpose,
}

/// Whether a message of such a leg may be one of ours: an unknown purpose may be a new name of the API's.
pub(super) fn could_be_ours(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Api | Purpose::Other)
}

/// The legs of the conversation that was asked for, or, in an event, of the one it names.
pub fn legs_of(body: Value, asked: Option<&ConversationId>) -> Result<Legs, UpstreamError> {
    MessageConversation::read(body)?.into_legs(asked)
}

// === impl MessageConversation ===

impl MessageConversation {
    pub(super) fn read(body: Value) -> Result<Self, UpstreamError> {
        serde_json::from_value(body).map_err(|_| UpstreamError::Malformed("it is not a conversation"))
    }

    /// The legs of the conversation that was asked for: of no other, whatever a confused cache or proxy hands us.
    pub(super) fn into_legs(self, asked: Option<&ConversationId>) -> Result<Legs, UpstreamError> {
        let conversation = self.name(asked)?;
        let participants = self.participants.ok_or(UpstreamError::Malformed("the conversation has no participants"))?;
        let (mut all, mut attributes) = (Vec::with_capacity(participants.len()), BTreeMap::new());
        for (place, participant) in participants.into_iter().enumerate() {
            let participant: Participant = whole(participant);
            let (leg, theirs) = participant.into_leg(place);
            if leg.purpose == Purpose::Customer {
                attributes.extend(theirs.into_iter().filter_map(attribute));
            }
            all.push(leg);
        }
        let transfers = self.recent_transfers.unwrap_or_default().into_iter().enumerate();
        let transfers = transfers.map(|(place, transfer)| whole::<TransferResponse>(transfer).into_transfer(place));
        Ok(Legs { conversation, all, transfers: transfers.collect(), attributes })
    }

    /// The messages of all its legs, oldest first; those of one time in the order of the legs. None if one that may be ours cannot
    /// be named.
    pub(super) fn into_entries(self, asked: &ConversationId) -> Result<Option<Vec<Entry>>, UpstreamError> {
        self.name(Some(asked))?;
        let participants = self.participants.ok_or(UpstreamError::Malformed("the conversation has no participants"))?;
        let participants = participants.into_iter().map(whole::<Participant>).enumerate();
        let entries = participants.map(|(place, participant)| participant.entries(place)).collect::<Option<Vec<_>>>();
        Ok(entries.map(|entries| {
            let mut entries: Vec<Entry> = entries.into_iter().flatten().collect();
            // A message without a time has only just been sent, for all we know.
            entries.sort_by_key(|entry| entry.time.unwrap_or(Timestamp::MAX));
            entries
        }))
    }

    fn name(&self, asked: Option<&ConversationId>) -> Result<ConversationId, UpstreamError> {
        let named = self.id.as_deref().and_then(|id| ConversationId::parse(id).ok());
        let named = named.ok_or(UpstreamError::Malformed("the conversation has no id"))?;
        if asked.is_some_and(|asked| *asked != named) {
            return Err(UpstreamError::Malformed("it is about another conversation"));
        }
        Ok(named)
    }
}

// === impl Participant ===

impl Participant {
    fn into_leg(self, place: usize) -> (Leg, BTreeMap<String, Value>) {
        let purpose = self.purpose();
        let said = self.messages.unwrap_or_default().into_iter().map(whole::<MessageDetails>);
        let times = [self.start_time, self.start_alerting_time, self.connected_time, self.park_time, self.end_time];
        let changed = times.into_iter().chain(said.map(|message| message.message_time)).flatten().max();
        let leg = Leg {
            id: named(self.id, place),
            purpose,
            state: words::state(&self.state.unwrap_or_default()),
            disconnect: filled(self.disconnect_type).map(|word| words::disconnect(&word)),
            started: self.start_time,
            ended: self.end_time,
            changed,
            user_id: id_of(self.user),
            queue_id: id_of(self.queue),
            contact_id: id_of(self.external_contact),
        };
        (leg, self.attributes.unwrap_or_default())
    }

    fn entries(mut self, place: usize) -> Option<Vec<Entry>> {
        let purpose = self.purpose();
        let messages = match (self.messages.take(), purpose) {
            (Some(messages), _) => messages,
            // It is there because it wrote.
            (None, Purpose::Api) => return None,
            (None, _) => return Some(Vec::new()),
        };
        let leg = named(self.id, place);
        let mut entries = Vec::with_capacity(messages.len());
        for message in messages.into_iter().map(whole::<MessageDetails>) {
            match filled(message.message_id) {
                Some(id) => entries.push(Entry { id, time: message.message_time, leg: leg.clone(), purpose }),
                None if could_be_ours(purpose) => return None,
                None => {}
            }
        }
        Some(entries)
    }

    fn purpose(&self) -> Purpose {
        // A supervisor who looks on is no agent, and nobody to go back to.
        if self.monitored_participant_id.as_deref().is_some_and(|id| !id.is_empty()) {
            return Purpose::Other;
        }
        words::purpose(self.purpose.as_deref().unwrap_or_default())
    }
}

// === impl TransferResponse ===

impl TransferResponse {
    fn into_transfer(self, place: usize) -> Transfer {
        let destination = self.destination.unwrap_or_default();
        let to_user = filled(destination.user_id);
        Transfer {
            id: named(self.id, place),
            state: words::transfer(&self.state.unwrap_or_default()),
            issued: self.date_issued,
            from_user: self.initiator.and_then(|initiator| filled(initiator.user_id)),
            // The address is the queue's where no user is named.
            to_queue: filled(destination.address).filter(|_| to_user.is_none()),
            to_user,
        }
    }
}

/// A value as far as it can be read. Something else than an object says nothing but that it is there.
fn whole<T: DeserializeOwned + Default>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

/// The id, or the place in the list: no caller can ask for such a name.
fn named(id: Option<String>, place: usize) -> String {
    filled(id).unwrap_or_else(|| format!("#{place}"))
}

fn id_of(reference: Option<Reference>) -> Option<String> {
    filled(reference?.id)
}

#[cfg(test)]
mod tests;
