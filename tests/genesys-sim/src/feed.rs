//! What Genesys Cloud tells its subscribers: every event published, in order, as it happens.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::channels::Channels;

/// How many events are kept for a look back.
const KEPT: usize = 10_000;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Its place in the order of publication, from 1; never reused.
    pub(crate) id: u64,
    /// What every copy of it carries, whichever way it takes.
    pub(crate) correlation_id: Uuid,
    /// The topic, with its ids filled in.
    pub(crate) topic: String,
    /// What happened.
    pub(crate) body: Value,
    /// When it was published, on the simulator's clock.
    pub(crate) time: Timestamp,
}

/// The latest events, and the channels that carry each on as it is published.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    pub(crate) channels: Channels,
    events: VecDeque<Event>,
    last_id: u64,
}

// === impl Feed ===

impl Feed {
    pub(crate) fn publish(&mut self, topic: String, body: Value, now: Timestamp) {
        self.last_id += 1;
        let event = Event { id: self.last_id, correlation_id: Uuid::new_v4(), topic, body, time: now };
        self.channels.deliver(&event);
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The events still kept, oldest first.
    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_latest_events_are_kept_in_order() {
        let mut feed = Feed::default();
        for _ in 0..=KEPT {
            feed.publish(String::new(), Value::Null, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(feed.events().count(), KEPT);
        assert_eq!(feed.events().next().unwrap().id, 2);
        assert!(feed.events().is_sorted_by_key(|event| event.id));
    }
}
