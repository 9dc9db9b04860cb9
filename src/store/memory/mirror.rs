//! The mirror in memory. It is bounded, and only a cache: what is full forgets rather than refuses.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::{MemoryStore, SWEEP_EVERY};
use crate::domain::ids::ConversationId;
use crate::domain::mirror::entry::Entry;
use crate::domain::mirror::feed::Listening;
use crate::domain::mirror::{Feed, MaxAge, News, Recalled};
use crate::domain::time::after;
use crate::ports::{Mirror, StoreError};

#[derive(Default)]
pub(super) struct Kept {
    entries: HashMap<ConversationId, Mirrored>,
    next_sweep: Timestamp,
    feed: Option<Listening>,
}

struct Mirrored {
    entry: Entry,
    until: Timestamp,
}

impl Kept {
    /// Room for one more: the half that would be forgotten first goes, so that this is not done for each newcomer.
    fn make_room(&mut self, capacity: usize, now: Timestamp) {
        if now >= self.next_sweep {
            self.next_sweep = after(now, SWEEP_EVERY);
            self.entries.retain(|_, known| now < known.until);
        }
        if self.entries.len() < capacity {
            return;
        }
        let mut terms: Vec<_> = self.entries.iter().map(|(id, known)| (known.until, id.clone())).collect();
        let half = terms.len().div_ceil(2);
        terms.sort_unstable();
        for (_, id) in terms.drain(..half) {
            self.entries.remove(&id);
        }
    }

    fn known(&self, id: &ConversationId, now: Timestamp) -> Option<&Entry> {
        self.entries.get(id).filter(|known| now < known.until).map(|known| &known.entry)
    }
}

impl MemoryStore {
    fn mirror(&self) -> MutexGuard<'_, Kept> {
        // As for conversations: a step that panicked left one entry as it stood.
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mirror for MemoryStore {
    async fn tell(&self, id: &ConversationId, news: &News) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut mirror = self.mirror();
        let before = mirror.known(id, now);
        let mut entry = before.cloned().unwrap_or_default();
        entry.take(news, now);
        if before.is_some_and(|before| *before == entry) {
            return Ok(());
        }
        if !mirror.entries.contains_key(id) {
            mirror.make_room(self.capacity, now);
        }
        let until = after(now, entry.kept_for(now));
        mirror.entries.insert(id.clone(), Mirrored { entry, until });
        Ok(())
    }

    async fn recall(&self, id: &ConversationId, max_age: MaxAge) -> Result<Recalled, StoreError> {
        let now = self.clock.now();
        let mirror = self.mirror();
        let feed = mirror.feed.and_then(|feed| feed.lasting(now));
        let nothing = Entry::default();
        Ok(mirror.known(id, now).unwrap_or(&nothing).recall(id, feed, max_age, now))
    }

    async fn begin_feed(&self, owner: Uuid, hold_for: Duration) -> Result<Option<Feed>, StoreError> {
        let now = self.clock.now();
        let mut mirror = self.mirror();
        let begun = Listening::begin(mirror.feed.as_ref(), owner, hold_for, now);
        mirror.feed = begun.or(mirror.feed);
        Ok(begun.map(|begun| begun.feed()))
    }

    async fn heard(&self, owner: Uuid, feed: Feed, hold_for: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        Ok(self.mirror().feed.as_mut().is_some_and(|lasting| lasting.hear(owner, feed, hold_for, now)))
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        let now = self.clock.now();
        Ok(self.mirror().feed.and_then(|feed| feed.lasting(now)).map(|(feed, _)| feed))
    }
}
