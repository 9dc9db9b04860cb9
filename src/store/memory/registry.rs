//! The registry in memory: registrations and lines, each bounded by itself, so that none of the two crowds out the other.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::{MemoryStore, SWEEP_EVERY};
use crate::domain::ids::{Pair, ResumeKey};
use crate::domain::registry::{Registration, Term};
use crate::domain::time::after;
use crate::domain::token_line::{Refreshed, Refusal, Shown, TokenLine};
use crate::ports::{Registry, StoreError};

#[derive(Default)]
pub(super) struct Kept {
    registrations: Bounded<ResumeKey, Registration>,
    lines: Bounded<Uuid, TokenLine>,
}

struct Bounded<K, V> {
    kept: HashMap<K, V>,
    next_sweep: Timestamp,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self { kept: HashMap::new(), next_sweep: Timestamp::MIN }
    }
}

impl<K: Eq + Hash, V> Bounded<K, V> {
    /// Keeps one more, if there is room once those that are spent are gone.
    fn keep(
        &mut self,
        key: K,
        value: V,
        capacity: usize,
        now: Timestamp,
        is_spent: impl Fn(&V) -> bool,
    ) -> Result<(), StoreError> {
        if now >= self.next_sweep {
            self.next_sweep = after(now, SWEEP_EVERY);
            self.kept.retain(|_, value| !is_spent(value));
        }
        // Whoever is known goes on; a full store refuses newcomers instead.
        if self.kept.len() >= capacity && !self.kept.contains_key(&key) {
            return Err(StoreError::Full);
        }
        self.kept.insert(key, value);
        Ok(())
    }
}

impl MemoryStore {
    fn registry(&self) -> MutexGuard<'_, Kept> {
        // As for conversations: a step that panicked left one entry as it stood.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one step on a line, if it is known.
    fn on_line<T>(&self, line: Uuid, step: impl FnOnce(&mut TokenLine, Timestamp) -> T) -> Option<T> {
        let now = self.clock.now();
        let mut registry = self.registry();
        let known = registry.lines.kept.get_mut(&line).filter(|known| now < known.kept_until());
        known.map(|known| step(known, now))
    }
}

#[async_trait]
impl Registry for MemoryStore {
    async fn register(&self, key: &ResumeKey, pair: &Pair, ttl: Duration) -> Result<Term, StoreError> {
        let now = self.clock.now();
        let registrations = &mut self.registry().registrations;
        if let Some(known) = registrations.kept.get_mut(key) {
            return Ok(known.renew(pair, ttl, now)?);
        }
        let new = Registration::new(pair.clone(), ttl, now);
        let term = new.term();
        registrations.keep(key.clone(), new, self.capacity, now, |known| known.is_spent(now))?;
        Ok(term)
    }

    async fn lookup(&self, key: &ResumeKey) -> Result<Option<Pair>, StoreError> {
        let now = self.clock.now();
        let registry = self.registry();
        Ok(registry.registrations.kept.get(key).and_then(|known| known.pair(now)).cloned())
    }

    async fn begin_line(&self, line: Uuid, show_for: Duration) -> Result<(), StoreError> {
        let now = self.clock.now();
        let new = TokenLine::begin(now, show_for);
        self.registry().lines.keep(line, new, self.capacity, now, |known| now >= known.kept_until())
    }

    async fn use_line(&self, line: Uuid, generation: u64) -> Result<Shown, StoreError> {
        let shown = self.on_line(line, |known, now| known.use_generation(now, generation));
        Ok(shown.unwrap_or(Shown::Refused(Refusal::Unknown)))
    }

    async fn refresh_line(&self, line: Uuid, generation: u64, show_for: Duration) -> Result<Refreshed, StoreError> {
        let refreshed = self.on_line(line, |known, now| known.refresh(now, generation, show_for));
        Ok(refreshed.unwrap_or(Refreshed::Refused(Refusal::Unknown)))
    }

    async fn forget_line(&self, line: Uuid) -> Result<(), StoreError> {
        self.on_line(line, |known, _| known.revoke());
        Ok(())
    }
}
