//! Who comes back: sessions that drop within a minute, and the names they go by.

use std::time::Duration;

use anyhow::Context as _;

use crate::domain::ids::{ConversationId, Pair, ParticipantId, TabId};
use crate::ports::Entropy;

/// A carrier's outage does not reach everybody in the same moment.
const SPREAD: Duration = Duration::from_mins(1);

/// A customer with a chat.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) pair: Pair,
    /// When the connection drops, from the beginning.
    pub(super) drops: Duration,
    /// Whether the mirror knows the chat.
    pub(super) mirrored: bool,
}

/// So many sessions, and a share of them mirrored. The same draws for every variant, whatever the share.
pub(super) fn gather(sessions: u32, mirrored: f64, entropy: &dyn Entropy) -> anyhow::Result<Vec<Session>> {
    let customer = ParticipantId::parse("customer").context("the customer's name")?;
    let session = |number| {
        let (drops, mirrored) = (SPREAD.mul_f64(entropy.unit()), entropy.unit() < mirrored);
        let conversation = ConversationId::parse(&format!("chat-{number}")).context("a chat's name")?;
        Ok(Session { pair: Pair { conversation, participant: customer.clone() }, drops, mirrored })
    };
    (0..sessions).map(session).collect()
}

/// Which session a conversation is.
pub(super) fn number(conversation: &ConversationId) -> Option<usize> {
    conversation.as_str().strip_prefix("chat-")?.parse().ok()
}

/// The names of a session's tabs.
pub(super) fn tabs(count: u32) -> anyhow::Result<Vec<TabId>> {
    (0..count).map(|number| TabId::parse(&format!("tab-{number}")).context("a tab's name")).collect()
}
