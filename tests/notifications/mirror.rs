//! A mirror that keeps what it is told, and fails when it is told to.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::mirror::{Feed, MaxAge, News, Recalled};
use session_resumption::ports::{Mirror, Outage, StoreError};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

/// See the module.
#[derive(Default)]
pub(crate) struct Notebook {
    state: Mutex<State>,
    /// While somebody holds it, nothing is taken.
    gate: Gate,
}

#[derive(Default)]
struct State {
    told: Vec<(String, News)>,
    lease: Option<(Uuid, Instant)>,
    feed: u64,
    /// The feed was begun only for its number, or to end the one before. While the clock stands still, it does not end.
    released: bool,
    heard: u32,
    down: bool,
}

/// No feed that is to last is as short.
const BRIEF: Duration = Duration::from_secs(1);

struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Notebook {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// All that was told.
    pub(crate) fn told(&self) -> Vec<(String, News)> {
        self.state().told.clone()
    }

    /// What was told of one conversation.
    pub(crate) fn told_of(&self, id: &str) -> Vec<News> {
        self.told().into_iter().filter(|(of, _)| of == id).map(|(_, news)| news).collect()
    }

    /// The feed that lasts.
    pub(crate) fn lasting(&self) -> Option<Feed> {
        let state = self.state();
        let lasts = !state.released && state.lease.is_some_and(|(_, until)| Instant::now() < until);
        lasts.then_some(Feed(state.feed))
    }

    /// Who holds it.
    pub(crate) fn owner(&self) -> Option<Uuid> {
        self.lasting().and_then(|_| self.state().lease).map(|(owner, _)| owner)
    }

    /// How often the feed was heard.
    pub(crate) fn heard(&self) -> u32 {
        self.state().heard
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Another replica takes the feed, whatever the rules.
    pub(crate) fn usurp(&self, owner: Uuid, hold: Duration) {
        let mut state = self.state();
        state.feed += 1;
        state.lease = Some((owner, Instant::now() + hold));
        state.released = hold < BRIEF;
    }

    /// Nothing is taken while this is kept.
    pub(crate) async fn jam(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.gate.0.acquire().await.unwrap()
    }

    fn check(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.state();
        if state.down { Err(StoreError::Unavailable(Outage::Unreachable)) } else { Ok(state) }
    }
}

#[async_trait]
impl Mirror for Notebook {
    async fn tell(&self, id: &ConversationId, news: &News) -> Result<(), StoreError> {
        drop(self.gate.0.acquire().await.unwrap());
        self.check()?.told.push((id.as_str().to_owned(), news.clone()));
        Ok(())
    }

    async fn recall(&self, _: &ConversationId, _: MaxAge) -> Result<Recalled, StoreError> {
        Ok(Recalled { fresh: None, undelivered: Vec::new() })
    }

    async fn begin_feed(&self, owner: Uuid, hold_for: Duration) -> Result<Option<Feed>, StoreError> {
        let mut state = self.check()?;
        let now = Instant::now();
        if state.lease.is_some_and(|(other, until)| other != owner && now < until) {
            return Ok(None);
        }
        state.feed += 1;
        state.lease = Some((owner, now + hold_for));
        state.released = hold_for < BRIEF;
        Ok(Some(Feed(state.feed)))
    }

    async fn heard(&self, owner: Uuid, feed: Feed, hold_for: Duration) -> Result<bool, StoreError> {
        let mut state = self.check()?;
        let now = Instant::now();
        let lasts = state.lease.is_some_and(|(of, until)| of == owner && now < until) && state.feed == feed.0;
        if lasts {
            state.lease = Some((owner, now + hold_for));
            state.heard += 1;
        }
        Ok(lasts)
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(self.lasting())
    }
}
