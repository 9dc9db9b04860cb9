//! The Genesys of the storm: it holds one chat a session, answers after a moment, and refuses what is beyond its limit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};

use super::chance::StormClock;
use super::crowd::{Session, number};
use super::limit::Limit;
use super::tally::Tally;
use crate::domain::ids::{ConversationId, Pair};
use crate::domain::snapshot::{Participant, Reading, Role, Snapshot, Status};
use crate::domain::time::after;
use crate::ports::{Budget, Clock as _, Conversations, Entropy, Line, Metadata, Post, Settled, UpstreamError};

/// How long an answer takes at least, and how much longer at most.
const LATENCY: Duration = Duration::from_millis(80);
const JITTER: Duration = Duration::from_millis(220);

/// See the module.
pub(super) struct Genesys {
    /// What our own requests have to keep to, if anything.
    pub(super) budget: Option<Arc<dyn Budget>>,
    pub(super) tally: Arc<Tally>,
    pub(super) clock: StormClock,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) held: Mutex<Held>,
}

/// What it knows.
pub(super) struct Held {
    limit: Limit,
    chats: Vec<Chat>,
}

struct Chat {
    changed: Timestamp,
    attached: bool,
    attributes: BTreeMap<String, String>,
}

// === impl Held ===

impl Held {
    /// One chat a session, as it is once that has dropped.
    pub(super) fn of(sessions: &[Session], clock: StormClock) -> Self {
        let began = clock.now();
        let chat = |session: &Session| Chat {
            changed: after(began, session.drops),
            attached: false,
            attributes: BTreeMap::new(),
        };
        Self { limit: Limit::default(), chats: sessions.iter().map(chat).collect() }
    }
}

// === impl Genesys ===

impl Genesys {
    /// The flow brings the customer back to the agent.
    pub(super) fn attach(&self, session: usize) {
        let now = self.clock.now();
        if let Some(chat) = self.held().chats.get_mut(session).filter(|chat| !chat.attached) {
            (chat.attached, chat.changed) = (true, now);
        }
    }

    /// One request, from its budget to its answer. It counts when it is sent.
    async fn request<T>(&self, deadline: Instant, answer: impl FnOnce(&mut Held) -> T) -> Result<T, UpstreamError> {
        if let Some(budget) = &self.budget {
            let spent = budget.take(deadline).await;
            spent.map_err(|spent| UpstreamError::Budget { retry_after: spent.retry_after })?;
        }
        let counted = self.held().limit.count(Instant::now());
        self.tally.called(counted.is_ok());
        let latency = LATENCY + JITTER.mul_f64(self.entropy.unit());
        timeout_at(deadline, sleep(latency)).await.map_err(|_| UpstreamError::Timeout)?;
        match counted {
            Ok(()) => Ok(answer(&mut self.held())),
            Err(left) => Err(UpstreamError::RateLimited { retry_after: Some(left) }),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Conversations for Genesys {
    async fn read(&self, id: &ConversationId, deadline: Instant) -> Result<Reading, UpstreamError> {
        let found = self.request(deadline, |held| held.chats.get(number(id)?).map(|chat| chat.seen(id))).await?;
        // In whole seconds, as a `Date` has it.
        let date = Timestamp::from_second(self.clock.now().as_second()).ok();
        Ok(Reading::live(found, date))
    }

    async fn write_metadata(
        &self,
        pair: &Pair,
        metadata: &Metadata,
        deadline: Instant,
    ) -> Result<Settled, UpstreamError> {
        let written = [
            ("resumptionCount".to_owned(), metadata.count.to_string()),
            ("lastResumptionTimestamp".to_owned(), format!("{:.3}", metadata.time)),
        ];
        let found = self.request(deadline, |held| {
            let chat = held.chats.get_mut(number(&pair.conversation)?)?;
            chat.attributes.extend(written);
            Some(Settled::Surely)
        });
        found.await?.ok_or(UpstreamError::NotFound)
    }

    async fn post(&self, _: &ConversationId, _: &Post, _: Instant) -> Result<String, UpstreamError> {
        Err(UpstreamError::Withheld("nobody writes messages in a storm"))
    }

    async fn transcript(&self, _: &ConversationId, _: Instant) -> Result<Option<Vec<Line>>, UpstreamError> {
        Ok(None)
    }
}

// === impl Chat ===

impl Chat {
    /// The chat as a read shows it.
    fn seen(&self, id: &ConversationId) -> Snapshot {
        let (status, status_text) =
            if self.attached { (Status::Active, "ACTIVE") } else { (Status::Disconnected, "DISCONNECTED") };
        let leg = |id: &str, role, active| Participant {
            id: id.to_owned(),
            role,
            active,
            updated: Some(self.changed),
            user_id: None,
            agent_id: None,
            queue_id: None,
        };
        Snapshot {
            conversation: id.clone(),
            status,
            status_text: status_text.to_owned(),
            updated: Some(self.changed),
            participants: vec![leg("customer", Role::Customer, self.attached), leg("agent", Role::Agent, true)],
            queue_id: Some("support".to_owned()),
            target_queue_id: None,
            transfer_reason: None,
            attributes: self.attributes.clone(),
            contact_id: None,
        }
    }
}
