//! The embedded store: one replica's memory, bounded, on an injected clock.

mod mirror;
mod registry;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::domain::answer::Answer;
use crate::domain::conversation::{Confirming, Conversation, Glimpse, Injection, Resumed};
use crate::domain::counter::{Claim, Written};
use crate::domain::error::Error;
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{ConversationId, HandshakeId, Pair, TabId};
use crate::domain::lease::Lease;
use crate::domain::ledger::{Begun, EntryKey, Item};
use crate::domain::pair::{Join, Joined, View};
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;
use crate::domain::time::after;
use crate::ports::{Clock, Handshakes, StoreError};

/// Conversations kept at once unless told otherwise: some 100 MiB, and far more than one replica resumes in a day.
pub const DEFAULT_CAPACITY: usize = 100_000;
/// A sweep looks at every conversation, so sweeps keep their distance, however full the store is.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

struct Kept {
    state: Conversation,
    /// Wakes whoever waits for a change of this conversation.
    changed: Arc<Notify>,
}

struct Inner {
    kept: HashMap<ConversationId, Kept>,
    next_sweep: Timestamp,
}

/// See the module.
pub struct MemoryStore {
    inner: Mutex<Inner>,
    registry: Mutex<registry::Kept>,
    mirror: Mutex<mirror::Kept>,
    clock: Arc<dyn Clock>,
    capacity: usize,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty store that holds at most `capacity` conversations, and as many resume keys, lines of session tokens and
    /// mirrored conversations each.
    pub fn new(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        let inner = Inner { kept: HashMap::new(), next_sweep: Timestamp::MIN };
        Self { inner: Mutex::new(inner), registry: Mutex::default(), mirror: Mutex::default(), clock, capacity }
    }

    /// Runs one step on a conversation, which is created if it is not kept yet.
    fn step<T>(
        &self,
        id: &ConversationId,
        step: impl FnOnce(&mut Conversation, Timestamp) -> T,
    ) -> Result<T, StoreError> {
        let now = self.clock.now();
        let mut inner = self.lock();
        inner.make_room(id, self.capacity, now)?;
        let kept = match inner.kept.entry(id.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(Kept { state: Conversation::default(), changed: Arc::new(Notify::new()) })
            }
        };
        Ok(step(&mut kept.state, now))
    }

    /// Runs one step on a conversation that has to be kept already. One that is not answers as an empty one would.
    fn step_on_kept<T>(&self, id: &ConversationId, step: impl FnOnce(&mut Conversation, Timestamp) -> T) -> T {
        let now = self.clock.now();
        let mut inner = self.lock();
        match inner.kept.get_mut(id) {
            Some(kept) => step(&mut kept.state, now),
            None => step(&mut Conversation::default(), now),
        }
    }

    /// Runs the last step of a piece of work and wakes whoever waits for its end.
    fn finish<T>(&self, id: &ConversationId, step: impl FnOnce(&mut Conversation, Timestamp) -> T) -> T {
        let out = self.step_on_kept(id, step);
        if let Some(kept) = self.lock().kept.get(id) {
            kept.changed.notify_waiters();
        }
        out
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // A step that panicked left one conversation as it stood; every other one is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn make_room(&mut self, id: &ConversationId, capacity: usize, now: Timestamp) -> Result<(), StoreError> {
        if self.kept.contains_key(id) {
            return Ok(());
        }
        if now >= self.next_sweep {
            self.next_sweep = after(now, SWEEP_EVERY);
            self.kept.retain(|_, kept| !kept.state.is_spent(now));
        }
        // Forgetting a live ledger could send a message twice, so a full store refuses newcomers instead.
        if self.kept.len() >= capacity { Err(StoreError::Full) } else { Ok(()) }
    }
}

#[async_trait]
impl Handshakes for MemoryStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        Ok(self.clock.now())
    }

    async fn join(&self, pair: &Pair, join: &Join) -> Result<(Joined, Option<Reading>), StoreError> {
        self.step(&pair.conversation, |state, now| state.join(&pair.participant, join, now))
    }

    async fn conclude(
        &self,
        pair: &Pair,
        lease: Lease,
        tab: Option<&TabId>,
        answer: Answer,
        replay_ttl: Duration,
    ) -> Result<View, StoreError> {
        self.finish(&pair.conversation, |state, now| {
            Ok(state.conclude(&pair.participant, lease, tab, answer, replay_ttl, now)?)
        })
    }

    async fn fail(&self, pair: &Pair, lease: Lease, error: Error, back_in: Duration) -> Result<(), StoreError> {
        self.finish(&pair.conversation, |state, now| Ok(state.fail(&pair.participant, lease, error, back_in, now)?))
    }

    async fn take_over(&self, pair: &Pair, tab: &TabId) -> Result<View, StoreError> {
        self.step_on_kept(&pair.conversation, |state, now| Ok(state.take_over(&pair.participant, tab, now)?))
    }

    async fn view(&self, pair: &Pair, id: HandshakeId, tab: Option<&TabId>) -> Result<View, StoreError> {
        self.step_on_kept(&pair.conversation, |state, now| Ok(state.view(&pair.participant, id, tab, now)?))
    }

    async fn remember(&self, pair: &Pair, glimpse: &Glimpse) -> Result<Seat, StoreError> {
        self.step(&pair.conversation, |state, now| state.remember(&pair.participant, glimpse, now))
    }

    async fn confirmation(&self, pair: &Pair, id: HandshakeId) -> Result<Option<Confirmation>, StoreError> {
        self.step_on_kept(&pair.conversation, |state, now| Ok(state.confirmation(&pair.participant, id, now)?))
    }

    async fn claim(&self, conversation: &ConversationId, claim: Claim) -> Result<Confirming, StoreError> {
        self.step_on_kept(conversation, |state, now| Ok(state.claim(claim, now)?))
    }

    async fn settle(&self, conversation: &ConversationId, lease: Lease, written: Written) -> Result<(), StoreError> {
        self.finish(conversation, |state, _| Ok(state.settle(lease, written)?))
    }

    async fn record(&self, conversation: &ConversationId, recorder: Uuid) -> Result<Vec<Resumed>, StoreError> {
        Ok(self.step_on_kept(conversation, |state, _| state.record(recorder)))
    }

    async fn begin_injection(&self, conversation: &ConversationId, injection: &Injection) -> Result<Begun, StoreError> {
        self.step_on_kept(conversation, |state, now| Ok(state.begin_injection(injection, now)?))
    }

    async fn announce(
        &self,
        conversation: &ConversationId,
        lease: Lease,
        item: Item,
        last_id: Option<String>,
        hold_for: Duration,
    ) -> Result<(), StoreError> {
        self.step_on_kept(conversation, |state, now| {
            Ok(state.ledger().announce(lease, item, last_id, hold_for, now)?)
        })
    }

    async fn written(
        &self,
        conversation: &ConversationId,
        lease: Lease,
        key: &EntryKey,
        message_id: String,
    ) -> Result<(), StoreError> {
        self.step_on_kept(conversation, |state, _| Ok(state.ledger().written(lease, key, message_id)?))
    }

    async fn not_sent(&self, conversation: &ConversationId, lease: Lease, key: &EntryKey) -> Result<(), StoreError> {
        self.step_on_kept(conversation, |state, _| Ok(state.ledger().not_sent(lease, key)?))
    }

    async fn end_injection(&self, conversation: &ConversationId, lease: Lease) -> Result<(), StoreError> {
        self.finish(conversation, |state, _| state.ledger().end(lease));
        Ok(())
    }

    fn changed(&self, conversation: &ConversationId) -> BoxFuture<'static, ()> {
        let changed = self.lock().kept.get(conversation).map(|kept| Arc::clone(&kept.changed));
        match changed {
            // Registered now, not at the first poll: what changes from here on wakes it.
            Some(changed) => changed.notified_owned().boxed(),
            None => futures_util::future::ready(()).boxed(),
        }
    }
}
