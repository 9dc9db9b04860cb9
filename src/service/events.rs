//! Pushed events: what the platform tells of conversations, for the mirror.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Ports, upstream};
use crate::domain::error::Error;
use crate::domain::mirror::News;
use crate::domain::time::after;
use crate::ports::{EventError, Mirror, ReadEvent};

/// How old an event may be: a bus repeats for a day what it could not deliver, and nothing is fresh after that.
const OLDEST: Duration = Duration::from_hours(24);

/// How far in the future it may be: clocks are not all alike.
const NEWEST: Duration = Duration::from_mins(5);

/// One event, as it was pushed.
#[derive(Clone, PartialEq)]
pub struct Pushed {
    /// What it is called.
    pub topic: String,
    /// What it says: personal data, never logged.
    pub body: Value,
    /// Its own name, the same however often it is pushed.
    pub id: String,
}

impl fmt::Debug for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushed").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What became of pushed events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Told to the mirror, for the first time or again.
    pub accepted: usize,
    /// About nothing that the mirror keeps.
    pub ignored: usize,
    /// From another time.
    pub stale: usize,
    /// Not to be understood: their places, and why.
    pub refused: Vec<(usize, EventError)>,
}

/// What became of one.
enum Outcome {
    Accepted,
    Ignored,
    Stale,
    Refused(EventError),
}

struct Inner {
    ports: Ports,
    mirror: Arc<dyn Mirror>,
    read: ReadEvent,
}

/// The use case of pushed events. Clones share everything.
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

// === impl Events ===

impl Events {
    /// Tells this mirror what is read so.
    pub fn new(ports: Ports, mirror: Arc<dyn Mirror>, read: ReadEvent) -> Self {
        Self { inner: Arc::new(Inner { ports, mirror, read }) }
    }

    /// Takes events, each for itself. Where the store fails, the rest is left: whoever repeats them all tells the mirror nothing twice.
    pub async fn take(&self, events: Vec<Result<Pushed, EventError>>) -> Result<Taken, Error> {
        let mut taken = Taken::default();
        for (place, event) in events.into_iter().enumerate() {
            let outcome = match event {
                Ok(event) => self.inner.take(&event).await?,
                Err(error) => Outcome::Refused(error),
            };
            metrics::counter!("session_resumption_pushed_events_total", "outcome" => outcome.name()).increment(1);
            match outcome {
                Outcome::Accepted => taken.accepted += 1,
                Outcome::Ignored => taken.ignored += 1,
                Outcome::Stale => taken.stale += 1,
                Outcome::Refused(error) => taken.refused.push((place, error)),
            }
        }
        Ok(taken)
    }
}

// === impl Inner ===

impl Inner {
    async fn take(&self, event: &Pushed) -> Result<Outcome, Error> {
        let (conversation, news) = match (self.read)(&event.topic, &event.body, &event.id) {
            Ok(Some(told)) => told,
            Ok(None) => return Ok(Outcome::Ignored),
            Err(error) => return Ok(Outcome::Refused(error)),
        };
        if !is_of_today(&news, self.ports.clock.now()) {
            return Ok(Outcome::Stale);
        }
        let told = self.mirror.tell(&conversation, &news).await;
        told.map(|()| Outcome::Accepted)
            .map_err(|error| upstream::spread(self.ports.store_error(error), self.ports.entropy.unit()))
    }
}

// === impl Outcome ===

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Ignored => "ignored",
            Self::Stale => "stale",
            Self::Refused(_) => "malformed",
        }
    }
}

/// Whether news is of a time that counts.
fn is_of_today(news: &News, now: Timestamp) -> bool {
    let at = match news {
        News::Whole { as_of, .. } => Some(*as_of),
        News::Change { at, .. } | News::Doubt { at, .. } => Some(*at),
        News::Undelivered { messages, .. } => messages.iter().map(|(_, time)| *time).max(),
    };
    at.is_some_and(|at| at <= after(now, NEWEST) && now <= after(at, OLDEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_back_and_five_minutes_ahead_count() {
        let now: Timestamp = "2026-05-15T14:00:00Z".parse().unwrap();
        let of_today = |text: &str| {
            let at = text.parse().unwrap();
            let doubt = News::Doubt { event: "e".to_owned(), at };
            let earlier = "2020-01-01T00:00:00Z".parse().unwrap();
            let messages = vec![("m-1".to_owned(), at), ("m-2".to_owned(), earlier)];
            let undelivered = News::Undelivered { event: "e".to_owned(), messages };
            let told = [doubt, undelivered].map(|news| is_of_today(&news, now));
            assert_eq!(told[0], told[1], "{text}: the latest message counts");
            told[0]
        };
        for (text, expected) in [
            ("2026-05-15T14:00:00Z", true),
            ("2026-05-14T14:00:00Z", true),
            ("2026-05-14T13:59:59.999Z", false),
            ("2026-05-15T14:05:00Z", true),
            ("2026-05-15T14:05:00.001Z", false),
            ("-009999-01-02T01:59:59Z", false),
            ("9999-12-30T22:00:00Z", false),
        ] {
            assert_eq!(of_today(text), expected, "{text}");
        }
        let nothing = News::Undelivered { event: "e".to_owned(), messages: Vec::new() };
        assert!(!is_of_today(&nothing, now));
    }
}
