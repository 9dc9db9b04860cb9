//! What Genesys Cloud tells its subscribers: every event published, in order, as it happens.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::broadcast;

/// How many events are kept for a look back, and how many a slow subscriber may fall behind.
const KEPT: usize = 10_000;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Its place in the order of publication, from 1; never reused.
    pub(crate) id: u64,
    /// The topic, with its ids filled in.
    pub(crate) topic: String,
    /// What happened.
    pub(crate) body: Value,
    /// When it was published, on the simulator's clock.
    pub(crate) time: Timestamp,
}

/// The latest events, and whoever listens for more.
#[derive(Debug)]
pub(crate) struct Feed {
    events: VecDeque<Event>,
    last_id: u64,
    listeners: broadcast::Sender<Event>,
}

// === impl Feed ===

impl Feed {
    pub(crate) fn publish(&mut self, topic: String, body: Value, now: Timestamp) {
        self.last_id += 1;
        let event = Event { id: self.last_id, topic, body, time: now };
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event.clone());
        // Nobody listening is no failure.
        let _ = self.listeners.send(event);
    }

    /// The events still kept, oldest first.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// The events from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.listeners.subscribe()
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self { events: VecDeque::new(), last_id: 0, listeners: broadcast::channel(KEPT).0 }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_kept_in_order_and_heard_by_whoever_listens() {
        let mut feed = Feed::default();
        feed.publish("a".to_owned(), json!(1), Timestamp::UNIX_EPOCH);
        let mut listener = feed.listen();
        feed.publish("b".to_owned(), json!(2), Timestamp::UNIX_EPOCH);
        assert_eq!(feed.events().map(|event| (event.id, &*event.topic)).collect::<Vec<_>>(), [(1, "a"), (2, "b")]);
        assert_eq!(listener.try_recv().unwrap().topic, "b");
        assert!(listener.try_recv().is_err());
    }

    #[test]
    fn only_the_latest_events_are_kept() {
        let mut feed = Feed::default();
        for _ in 0..=KEPT {
            feed.publish(String::new(), Value::Null, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(feed.events().count(), KEPT);
        assert_eq!(feed.events().next().unwrap().id, 2);
    }
}
