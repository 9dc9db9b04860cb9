//! What is told of a read, and to which feed it is joined.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use uuid::Uuid;

use super::*;
use crate::domain::ids::ConversationId;
use crate::domain::legs::{Leg, LegState, Purpose};
use crate::domain::mirror::{MaxAge, Recalled};
use crate::ports::Outage;

/// Remembers what it is told, or fails, or never answers.
#[derive(Default)]
struct Ear {
    told: Mutex<Vec<News>>,
    fails: bool,
    hangs: bool,
}

impl Ear {
    async fn answer<T>(&self, answer: T) -> Result<T, StoreError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if self.fails { Err(Outage::Unreachable.into()) } else { Ok(answer) }
    }
}

#[async_trait]
impl Mirror for Ear {
    async fn tell(&self, _: &ConversationId, news: &News) -> Result<(), StoreError> {
        self.told.lock().unwrap().push(news.clone());
        self.answer(()).await
    }

    async fn recall(&self, _: &ConversationId, _: MaxAge) -> Result<Recalled, StoreError> {
        unreachable!("a read recalls nothing")
    }

    async fn begin_feed(&self, _: Uuid, _: Duration) -> Result<Option<Feed>, StoreError> {
        unreachable!("a read begins no feed")
    }

    async fn heard(&self, _: Uuid, _: Feed, _: Duration) -> Result<bool, StoreError> {
        unreachable!("a read hears nothing")
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        self.answer(Some(Feed(7))).await
    }
}

fn leg(purpose: Purpose, state: LegState, started: &str, queue: Option<&str>) -> Leg {
    Leg {
        id: started.to_owned(),
        purpose,
        state,
        disconnect: None,
        started: Some(format!("2026-05-15T{started}Z").parse().unwrap()),
        ended: None,
        changed: None,
        user_id: None,
        queue_id: queue.map(str::to_owned),
        contact_id: None,
    }
}

fn legs(all: Vec<Leg>) -> Legs {
    let conversation = ConversationId::parse("c").unwrap();
    Legs { conversation, all, transfers: Vec::new(), attributes: BTreeMap::default() }
}

async fn joined(all: Vec<Leg>) -> bool {
    let ear = Arc::new(Ear::default());
    let telling = Telling::new(ear.clone(), &["covered".to_owned()]);
    telling.tell(legs(all), Timestamp::UNIX_EPOCH, Some(Feed(7))).await;
    let told = ear.told.lock().unwrap();
    let [News::Whole { as_of, feed, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(*as_of, Timestamp::UNIX_EPOCH);
    feed.is_some()
}

#[tokio::test]
async fn a_read_is_joined_to_the_feed_of_the_queue_that_serves_now() {
    let agent = |state, started, queue| leg(Purpose::Agent, state, started, queue);
    let acd = |state, started, queue| leg(Purpose::Acd, state, started, queue);
    let (up, over) = (LegState::Connected, LegState::Ended);
    assert!(joined(vec![acd(up, "14:00:00", Some("covered"))]).await);
    assert!(joined(vec![acd(over, "14:00:00", Some("other")), agent(up, "14:01:00", Some("covered"))]).await);
    assert!(joined(vec![agent(up, "14:01:00", Some("covered")), acd(over, "14:02:00", Some("other"))]).await);
    assert!(!joined(vec![agent(up, "14:01:00", Some("covered")), acd(up, "14:02:00", Some("other"))]).await);
    assert!(!joined(vec![agent(over, "14:01:00", Some("covered"))]).await);
    assert!(!joined(vec![leg(Purpose::Customer, up, "14:00:00", None)]).await);
    assert!(!joined(vec![agent(up, "14:01:00", Some("other")), acd(up, "14:02:00", Some("covered"))]).await);
    assert!(!joined(vec![agent(up, "14:01:00", None)]).await);
    assert!(!joined(vec![]).await);
}

#[tokio::test]
async fn a_read_is_as_late_as_the_latest_that_it_shows() {
    let read: Timestamp = "2026-05-15T14:00:07Z".parse().unwrap();
    for (changed, as_of) in [("14:00:06.900", "14:00:07"), ("14:00:07.900", "14:00:07.900")] {
        let at = |time| Some(format!("2026-05-15T{time}Z").parse::<Timestamp>().unwrap());
        let agent = Leg { changed: at(changed), ..leg(Purpose::Agent, LegState::Connected, "14:00:00", None) };
        let ear = Arc::new(Ear::default());
        Telling::new(ear.clone(), &[]).tell(legs(vec![agent]), read, None).await;
        assert_eq!(ear.told.lock().unwrap().first().and_then(News::time), at(as_of));
    }
}

#[tokio::test(start_paused = true)]
async fn a_mirror_that_fails_or_hangs_is_not_waited_for() {
    for ear in [Ear { fails: true, ..Ear::default() }, Ear { hangs: true, ..Ear::default() }] {
        let telling = Telling::new(Arc::new(ear), &[]);
        let began = tokio::time::Instant::now();
        assert_eq!(telling.feed().await, None);
        telling.tell(legs(vec![]), Timestamp::UNIX_EPOCH, None).await;
        assert!(began.elapsed() <= 2 * PATIENCE + Duration::from_millis(5), "{:?}", began.elapsed());
    }
}
