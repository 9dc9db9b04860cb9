//! What the mirror was told before the drop: the chats it knows, each with its customer and its agent. A dropped network changes
//! nothing in a conversation of the platform, so what it knows stays true.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;

use super::crowd::Session;
use crate::domain::ids::ConversationId;
use crate::domain::legs::{Leg, LegState, Legs, Purpose};
use crate::domain::mirror::News;
use crate::ports::{Entropy, Mirror};
use crate::store::memory::MemoryStore;

/// Tells it, by a feed that lasts as long as the storm.
pub(super) async fn tell(
    store: &MemoryStore,
    sessions: &[Session],
    lasts: Duration,
    entropy: &dyn Entropy,
) -> anyhow::Result<()> {
    let feed = store.begin_feed(entropy.uuid(), lasts).await?;
    let feed = Some(feed.context("another feed lasts")?);
    let as_of = Timestamp::UNIX_EPOCH;
    for session in sessions.iter().filter(|session| session.mirrored) {
        let conversation = &session.pair.conversation;
        let news = News::Whole { legs: legs(conversation, as_of), as_of, feed };
        store.tell(conversation, &news).await?;
    }
    Ok(())
}

fn legs(conversation: &ConversationId, since: Timestamp) -> Legs {
    let leg = |id: &str, purpose| Leg {
        id: id.to_owned(),
        purpose,
        state: LegState::Connected,
        disconnect: None,
        started: Some(since),
        ended: None,
        changed: Some(since),
        user_id: (purpose == Purpose::Agent).then(|| "agent".to_owned()),
        queue_id: Some("support".to_owned()),
        contact_id: None,
    };
    Legs {
        conversation: conversation.clone(),
        all: vec![leg("customer", Purpose::Customer), leg("agent", Purpose::Agent)],
        transfers: Vec::new(),
        attributes: BTreeMap::new(),
    }
}
