//! What customers have to have written into a conversation.

use std::time::Duration;

use session_resumption::domain::conversation::{Conversation, Injection};
use session_resumption::domain::ids::ClientMessageId;
use session_resumption::domain::ledger::{EntryKey, Item, Slot};
use uuid::Uuid;

use crate::given::{REPLAY_TTL, handshake, resumable, start, who};
use crate::story::Story;

/// How long one call to Genesys can take. A message lands within twice that, or never.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// What a customer has to have written: a marker, then messages, some of them alike.
pub(crate) const MESSAGES: usize = 6;

/// The marker stands first; every third message says the same.
pub(crate) fn message(w: usize, index: usize) -> Item {
    let slot = match index {
        0 => Slot::Marker(handshake(0)),
        _ => Slot::Message(ClientMessageId::parse(&format!("message-{index}")).unwrap()),
    };
    let mut fingerprint = [0; 32];
    fingerprint[0] = u8::try_from(w + 1).unwrap();
    fingerprint[1] = if index == 0 { 0 } else { u8::try_from(1 + index % 3).unwrap() };
    Item { key: EntryKey { participant: who(w), slot }, fingerprint }
}

/// A conversation in which so many customers are confirmed, and what each shows to inject.
pub(crate) fn confirmed_conversation(customers: usize) -> (Conversation, Vec<Injection>) {
    let mut story = Story::new();
    let injections = (0..customers).map(|w| {
        let id = story.resume(w, None, None, resumable(start()), REPLAY_TTL);
        story.confirm(w, id, 0);
        Injection {
            handshake: id,
            participant: who(w),
            tab: None,
            items: Vec::new(),
            owner: Uuid::nil(),
            hold_for: TIMEOUT,
        }
    });
    let injections = injections.collect();
    (story.conversation, injections)
}
