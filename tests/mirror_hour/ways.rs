//! The two ways by which the platform tells what happens, and what goes wrong on them.
//!
//! A notification channel delivers a queue's frames at most once: some are lost in silence, some come late and so out of order,
//! some come twice; and now and then it breaks, and nothing is kept for later. `EventBridge` loses nothing, in no order, at
//! leisure, and some of it twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use genesys_sim::Published;
use serde_json::Value;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::mirror::{Feed, News};
use session_resumption::domain::time::after;
use session_resumption::genesys::platform::events;
use session_resumption::ports::Mirror;
use session_resumption::service::events::Pushed;
use uuid::Uuid;

use crate::chance::Chance;

/// How long the feed lasts without being heard of.
const HOLD: Duration = Duration::from_secs(90);
/// A feed that is begun to end the one before.
const RELEASE: Duration = Duration::from_millis(1);
const OWNER: Uuid = Uuid::from_u128(7);

const HELD_BACK: f64 = 0.05;
const TWICE: f64 = 0.02;
const BRIDGED_TWICE: f64 = 0.03;

/// Something on its way.
pub(crate) enum Parcel {
    Frame(Frame),
    Bridged(Pushed),
}

/// What a frame says, by the connection that it comes through.
#[derive(Clone)]
pub(crate) struct Frame {
    connection: u64,
    id: ConversationId,
    news: News,
}

pub(crate) struct Ways {
    mirror: Arc<dyn Mirror>,
    chance: Chance,
    /// How many of a channel's frames are lost in silence.
    lost: f64,
    /// The queues that are subscribed to.
    covered: HashSet<String>,
    /// None while it is broken.
    feed: Option<Feed>,
    connection: u64,
    /// The frame that was read last, and what it says.
    latest: Option<(Value, Option<(ConversationId, News)>)>,
    /// Whether anything came since the store was last told so.
    heard: bool,
}

// === impl Ways ===

impl Ways {
    pub(crate) fn new(mirror: Arc<dyn Mirror>, covered: &[String], lost: f64, chance: Chance) -> Self {
        let covered = covered.iter().cloned().collect();
        Self { mirror, chance, lost, covered, feed: None, connection: 0, latest: None, heard: false }
    }

    /// Where a published event goes, and when it comes there.
    pub(crate) fn send(&mut self, event: Published) -> Vec<(Duration, Parcel)> {
        if event.topic.starts_with("v2.detail.events.") {
            let pushed = Pushed { topic: event.topic, body: event.body, id: event.name.to_string() };
            let copies = 1 + usize::from(self.chance.is(BRIDGED_TWICE));
            return (0..copies).map(|_| (self.bridge(), Parcel::Bridged(pushed.clone()))).collect();
        }
        let queue = event.topic.strip_prefix("v2.routing.queues.").and_then(|rest| rest.split_once('.'));
        if queue.is_some_and(|(queue, _)| !self.covered.contains(queue)) || self.feed.is_none() {
            return Vec::new();
        }
        let Some((id, news)) = self.read(event) else { return Vec::new() };
        let frame = Frame { connection: self.connection, id, news };
        if self.chance.is(self.lost) {
            return Vec::new();
        }
        let copies = 1 + usize::from(self.chance.is(TWICE));
        (0..copies).map(|_| (self.channel(), Parcel::Frame(frame.clone()))).collect()
    }

    /// Reads a frame. The topics of several queues tell the same of a conversation, one after the other.
    fn read(&mut self, event: Published) -> Option<(ConversationId, News)> {
        let Published { topic, body, name, .. } = event;
        if self.latest.as_ref().is_none_or(|(latest, _)| *latest != body) {
            let read = events::read(&topic, &body, &name.to_string()).unwrap();
            self.latest = Some((body, read));
        }
        self.latest.as_ref().and_then(|(_, read)| read.clone())
    }

    fn channel(&mut self) -> Duration {
        let most = if self.chance.is(HELD_BACK) { Duration::from_secs(3) } else { Duration::from_millis(200) };
        self.chance.between(Duration::from_millis(20), most)
    }

    /// Most within two seconds; at times it takes twenty.
    fn bridge(&mut self) -> Duration {
        let most = if self.chance.is(0.2) { Duration::from_secs(20) } else { Duration::from_secs(2) };
        self.chance.between(Duration::from_millis(200), most)
    }

    /// A frame comes, as `genesys::notifications` takes it.
    pub(crate) async fn take(&mut self, frame: Frame) {
        if self.feed.is_none() || frame.connection != self.connection {
            return;
        }
        self.heard = true;
        let news = match frame.news {
            // From now on nobody would tell of its next change.
            News::Whole { legs, as_of, .. } if !legs.is_followed(|queue| self.covered.contains(queue)) => {
                News::Doubt { event: String::new(), at: after(as_of, Duration::from_micros(1)) }
            }
            News::Whole { legs, as_of, .. } => News::Whole { legs, as_of, feed: self.feed },
            other => other,
        };
        self.mirror.tell(&frame.id, &news).await.unwrap();
    }

    pub(crate) fn heartbeat(&mut self) {
        self.heard = true;
    }

    /// Tells the store that the feed is heard, if it was.
    pub(crate) async fn beat(&mut self) {
        if let Some(feed) = self.feed
            && std::mem::take(&mut self.heard)
            && !self.mirror.heard(OWNER, feed, HOLD).await.unwrap()
        {
            self.feed = self.mirror.begin_feed(OWNER, HOLD).await.unwrap();
        }
    }

    pub(crate) async fn break_off(&mut self) {
        self.feed = None;
        self.mirror.begin_feed(OWNER, RELEASE).await.unwrap();
    }

    pub(crate) async fn connect(&mut self) {
        self.connection += 1;
        self.heard = false;
        self.feed = self.mirror.begin_feed(OWNER, HOLD).await.unwrap();
        assert!(self.feed.is_some(), "nobody else listens");
    }
}
