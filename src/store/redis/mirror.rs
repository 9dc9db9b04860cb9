//! The mirror's port. What is told is joined here and written if nobody else has written meanwhile: its rules stand in Rust
//! alone. Only the feed that lasts is a matter of the script, because two must never both hold it.
//!
//! An entry and the feed lie on nodes of their own. They are asked for side by side, so that a recall takes as long as one
//! round trip; the feed is not remembered in between, and a gap is known everywhere as soon as the next feed begins.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;
use uuid::Uuid;

use super::arguments::Arguments;
use super::node::Copied;
use super::reply::Reply;
use super::{RedisStore, key, wire};
use crate::domain::ids::ConversationId;
use crate::domain::mirror::entry::Entry;
use crate::domain::mirror::{Feed, MaxAge, News, Recalled};
use crate::ports::{Mirror, Outage, StoreError};

/// How often other replicas may write first.
const ATTEMPTS: usize = 16;
/// How many conversations can be told of at once. Those that share a turn by chance wait for each other.
const TURNS: usize = 64;
/// How long it may take until it is one's turn.
const TURN: Duration = Duration::from_secs(5);

/// Here, conversations are told of in turn: whoever writes first would only make all others here read again.
pub(super) struct Turns([Mutex<()>; TURNS]);

/// What lies there, as it is known now.
struct Known {
    now: Timestamp,
    number: u64,
    entry: Option<Entry>,
}

#[async_trait]
impl Mirror for RedisStore {
    async fn tell(&self, id: &ConversationId, news: &News) -> Result<(), StoreError> {
        let key = key::of_mirrored(&self.prefix, id);
        let _turn = timeout(TURN, self.turns.of(&key)).await.map_err(|_| Outage::TimedOut)?;
        for _ in 0..ATTEMPTS {
            let Known { now, number, entry: before } = self.known(&key).await?;
            let mut entry = before.clone().unwrap_or_default();
            entry.take(news, now);
            if before.is_some_and(|before| before == entry) || self.keep(&key, Some(number), entry, now).await? {
                return Ok(());
            }
        }
        // It is only a cache: better nothing than something without this.
        let Known { now, .. } = self.known(&key).await?;
        self.keep(&key, None, Entry::in_doubt(news.time()), now).await.map(drop)
    }

    async fn recall(&self, id: &ConversationId, max_age: MaxAge) -> Result<Recalled, StoreError> {
        let key = key::of_mirrored(&self.prefix, id);
        let (known, feed) = tokio::try_join!(self.known(&key), self.lasting())?;
        let feed = feed.map(|(feed, age)| (feed, before(known.now, age)));
        Ok(known.entry.unwrap_or_default().recall(id, feed, max_age, known.now))
    }

    async fn begin_feed(&self, owner: Uuid, hold_for: Duration) -> Result<Option<Feed>, StoreError> {
        let arguments = Arguments::of("begin_feed").text(&owner).span(hold_for);
        // A failover that lost it would bring the feed before back, and hide the gap between the two.
        let mut reply = self.recorded(&self.mirror_rules, [key::of_feed(&self.prefix)], arguments).await?;
        Ok(reply.maybe_number()?.map(Feed))
    }

    async fn heard(&self, owner: Uuid, feed: Feed, hold_for: Duration) -> Result<bool, StoreError> {
        let arguments = Arguments::of("hear_feed").text(&owner).text(&feed.0).span(hold_for);
        Ok(self.mirror_step(key::of_feed(&self.prefix), arguments).await?.text()? == "yes")
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        Ok(self.lasting().await?.map(|(feed, _)| feed))
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self([(); TURNS].map(|()| Mutex::default()))
    }
}

impl Turns {
    async fn of(&self, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let [first, ..] = &self.0;
        let at = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or(0);
        self.0.get(at).unwrap_or(first).lock().await
    }
}

impl RedisStore {
    async fn known(&self, key: &str) -> Result<Known, StoreError> {
        let mut reply = self.mirror_step(key.to_owned(), Arguments::of("mirrored")).await?;
        let (now, number) = (reply.instant()?, reply.number()?);
        // Another version's is as good as nothing: it is written anew.
        let entry = reply.maybe()?.and_then(|text| wire::entry(&text).ok());
        Ok(Known { now, number, entry })
    }

    /// Whether it is kept: not if another has been since, unless there is no number that it has to be of.
    async fn keep(&self, key: &str, number: Option<u64>, entry: Entry, now: Timestamp) -> Result<bool, StoreError> {
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        let wait = entry.kept_for(now);
        let arguments = Arguments::of("mirror").text(&number).text(&wire::of_entry(entry)?).span(wait);
        Ok(self.mirror_step(key.to_owned(), arguments).await?.text()? == "yes")
    }

    /// The feed that lasts, and how long ago it was heard.
    async fn lasting(&self) -> Result<Option<(Feed, Duration)>, StoreError> {
        let mut reply = self.mirror_step(key::of_feed(&self.prefix), Arguments::of("lasting_feed")).await?;
        let Some(feed) = reply.maybe_number()? else { return Ok(None) };
        Ok(Some((Feed(feed), reply.span()?)))
    }

    async fn mirror_step(&self, key: String, arguments: Arguments) -> Result<Reply, StoreError> {
        self.run_rules(&self.mirror_rules, [key], arguments, Copied::Later).await.map(|(reply, _)| reply)
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(Timestamp::MIN)
}
