//! What is read is told to the mirror, and no mirror can spoil a read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use genesys_sim::Route;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::mirror::{Feed, MaxAge, News, Recalled};
use session_resumption::domain::snapshot::Status;
use session_resumption::ports::{Conversations, Mirror, Outage, StoreError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::{OTHER_QUEUE, Plan, Rig, soon};

#[derive(Default)]
struct Notes {
    asked: Mutex<Vec<&'static str>>,
    told: Mutex<Vec<(ConversationId, News)>>,
    fails: bool,
}

#[async_trait]
impl Mirror for Notes {
    async fn tell(&self, id: &ConversationId, news: &News) -> Result<(), StoreError> {
        self.asked.lock().unwrap().push("tell");
        self.told.lock().unwrap().push((id.clone(), news.clone()));
        if self.fails { Err(Outage::Unreachable.into()) } else { Ok(()) }
    }

    async fn recall(&self, _: &ConversationId, _: MaxAge) -> Result<Recalled, StoreError> {
        panic!("a read recalls nothing")
    }

    async fn begin_feed(&self, _: Uuid, _: Duration) -> Result<Option<Feed>, StoreError> {
        panic!("a read begins no feed")
    }

    async fn heard(&self, _: Uuid, _: Feed, _: Duration) -> Result<bool, StoreError> {
        panic!("a read hears nothing")
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        self.asked.lock().unwrap().push("feed");
        if self.fails { Err(Outage::TimedOut.into()) } else { Ok(Some(Feed(7))) }
    }
}

async fn rig(notes: &Arc<Notes>) -> Rig {
    Plan { mirror: Some(Arc::clone(notes) as Arc<dyn Mirror>), ..Plan::default() }.build().await
}

#[tokio::test]
async fn a_read_is_told_with_its_time_and_the_feed_that_covers_it() {
    let notes = Arc::new(Notes::default());
    let rig = rig(&notes).await;
    let date = rig.read().await.unwrap().date.unwrap();
    assert_eq!(*notes.asked.lock().unwrap(), ["feed", "tell"]);
    let (id, News::Whole { legs, as_of, feed }) = notes.told.lock().unwrap().pop().unwrap() else { panic!() };
    assert_eq!(as_of, legs.changed().unwrap().max(date), "the date is told in whole seconds");
    assert_eq!((id, legs.conversation, feed), (rig.id.clone(), rig.id.clone(), Some(Feed(7))));

    rig.platform.transfer(rig.id.as_str(), OTHER_QUEUE).unwrap();
    rig.read_with_metadata().await;
    let (_, News::Whole { feed, .. }) = notes.told.lock().unwrap().pop().unwrap() else { panic!() };
    assert_eq!(feed, None, "nobody listens to that queue");
    rig.assert_described();
}

#[tokio::test]
async fn nothing_is_told_of_what_was_not_found_or_failed() {
    let notes = Arc::new(Notes::default());
    let rig = rig(&notes).await;
    let unknown = ConversationId::parse("nothing").unwrap();
    assert!(rig.genesys.read(&unknown, soon()).await.unwrap().found.is_none());
    rig.fault(Route::PlatformRead, 3, crate::support::status(503));
    assert!(rig.read().await.is_err());
    assert!(notes.told.lock().unwrap().is_empty());
    rig.assert_described();
}

#[tokio::test]
async fn a_failing_store_fails_no_read() {
    let notes = Arc::new(Notes { fails: true, ..Notes::default() });
    let rig = rig(&notes).await;
    assert_eq!(rig.snapshot().await.status, Status::Active);
    let (_, News::Whole { feed, .. }) = notes.told.lock().unwrap().pop().unwrap() else { panic!() };
    assert_eq!(feed, None);
    rig.assert_described();
}

/// Serves each connection one answer that bears no date.
async fn dateless(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let head = format!("content-type: application/json\r\nconnection: close\r\ncontent-length: {}", body.len());
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn what_bears_no_date_is_not_told() {
    let fixture = include_str!("../genesys/fixtures/message_conversation.active_with_agent.json");
    let notes = Arc::new(Notes::default());
    let mirror = Some(Arc::clone(&notes) as Arc<dyn Mirror>);
    let rig = Plan { mirror, api_url: Some(dateless(fixture.to_owned()).await), ..Plan::default() }.build().await;
    let id = ConversationId::parse("a1b2c3d4-e5f6-4890-abcd-ef1234567890").unwrap();
    let reading = rig.genesys.read(&id, soon()).await.unwrap();
    assert_eq!((reading.date, reading.found.unwrap().status), (None, Status::Active));
    assert_eq!(*notes.asked.lock().unwrap(), ["feed"]);
}
