//! A simulator, a mirror, and replicas that listen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use genesys_sim::{Control, Sim, SimOptions};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use serde_json::{Value, json};
use session_resumption::clock::SystemClock;
use session_resumption::domain::mirror::{Feed, News};
use session_resumption::genesys::notifications::{Listening, listen};
use session_resumption::genesys::{Link, ReadMethod, Settings, TokenRefresh};
use session_resumption::ports::{Budget, Entropy, Mirror, Spent};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::{Still, still, until};
use crate::log;
use crate::mirror::Notebook;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOLD: Duration = Duration::from_secs(90);

/// Counts what is taken, and may be empty.
#[derive(Default)]
pub(crate) struct Purse {
    empty: AtomicBool,
    taken: AtomicU32,
}

#[async_trait]
impl Budget for Purse {
    async fn take(&self, _: Instant) -> Result<(), Spent> {
        if self.empty.load(Ordering::SeqCst) {
            return Err(Spent { retry_after: 40 * SECOND });
        }
        self.taken.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Purse {
    pub(crate) fn set_empty(&self, empty: bool) {
        self.empty.store(empty, Ordering::SeqCst);
    }

    pub(crate) fn taken(&self) -> u32 {
        self.taken.load(Ordering::SeqCst)
    }
}

/// Draws the middle, and no name twice.
#[derive(Default)]
struct Middle(AtomicU64);

impl Entropy for Middle {
    fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::SeqCst))
    }

    fn unit(&self) -> f64 {
        0.5
    }
}

/// A replica that listens until it is dropped.
pub(crate) struct Replica {
    pub(crate) link: Link,
    pub(crate) purse: Arc<Purse>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Replica {
    /// It ends as it should.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// It is gone without a word.
    pub(crate) async fn crash(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// See the module.
pub(crate) struct Rig {
    pub(crate) sim: Sim,
    pub(crate) control: Control,
    pub(crate) mirror: Arc<Notebook>,
    entropy: Arc<Middle>,
    metrics: PrometheusHandle,
    _recorder: metrics::LocalRecorderGuard<'static>,
    _still: Still,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(SimOptions::default()).await
    }

    pub(crate) async fn with(options: SimOptions) -> Self {
        log::keep();
        // For as long as the process; there are few tests.
        let recorder: &'static PrometheusRecorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        let metrics = recorder.handle();
        let recorder = metrics::set_default_local_recorder(recorder);
        let still = still();
        let sim = Sim::start(options).await.unwrap();
        let control = sim.control();
        Self {
            sim,
            control,
            mirror: Arc::default(),
            entropy: Arc::default(),
            metrics,
            _recorder: recorder,
            _still: still,
        }
    }

    /// A replica that may listen to this.
    pub(crate) fn replica(&self, listening: Listening) -> Replica {
        self.replica_at(&format!("http://{}", self.sim.addr()), listening)
    }

    /// One whose API is elsewhere; login stays the simulator's.
    pub(crate) fn replica_at(&self, api: &str, listening: Listening) -> Replica {
        self.replica_with(api, self.mirror.clone(), listening)
    }

    /// One that tells another mirror.
    pub(crate) fn replica_with(&self, api: &str, mirror: Arc<dyn Mirror>, listening: Listening) -> Replica {
        let settings = Settings {
            api_url: api.parse().unwrap(),
            login_url: format!("http://{}", self.sim.addr()).parse().unwrap(),
            client_id: "sim-client".to_owned(),
            client_secret: "sim-secret".into(),
            timeout: 10 * SECOND,
            read_method: ReadMethod::Post,
            token_refresh: TokenRefresh::Cached,
        };
        let purse = Arc::<Purse>::default();
        let clock = Arc::new(SystemClock::start());
        let link = Link::new(settings, purse.clone(), clock, self.entropy.clone()).unwrap();
        let stop = CancellationToken::new();
        let listening = listen(link.clone(), mirror, self.entropy.clone(), listening, stop.clone());
        let task = tokio::spawn(async { listening.await.unwrap() });
        Replica { link, purse, stop, task }
    }

    /// A replica that listens to queue `a` and deployment `d`, and its feed.
    pub(crate) async fn listening(&self) -> (Replica, Feed) {
        let replica = self.replica(listening(&["a"], &["d"]));
        let feed = self.feed().await;
        (replica, feed)
    }

    /// The feed, once it covers something: that which is begun for its number lasts a moment only.
    pub(crate) async fn feed(&self) -> Feed {
        until("a feed", || self.connected() > 0 && self.lasts()).await;
        self.mirror.lasting().unwrap()
    }

    /// The feed after this one.
    pub(crate) async fn feed_after(&self, former: Feed) -> Feed {
        until("the next feed", || {
            self.connected() > 0 && self.lasts() && self.mirror.lasting().is_some_and(|feed| feed > former)
        })
        .await;
        self.mirror.lasting().unwrap()
    }

    fn lasts(&self) -> bool {
        self.mirror.lasting().is_some()
    }

    fn connected(&self) -> u64 {
        self.metric("session_resumption_notifications_connected")
    }

    /// The value of a metric, with its labels as they are shown; 0 if it is not.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.metrics.render();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they are counts")]
        {
            value.unwrap_or_default() as u64
        }
    }

    pub(crate) fn gaps(&self, cause: &str) -> u64 {
        self.metric(&format!("session_resumption_notifications_gaps_total{{cause=\"{cause}\"}}"))
    }

    pub(crate) fn frames(&self, outcome: &str) -> u64 {
        self.metric(&format!("session_resumption_notifications_total{{outcome=\"{outcome}\"}}"))
    }

    /// A conversation changes in a queue, and the topic of that queue tells it.
    pub(crate) fn happens(&self, queue: &str, id: &str) {
        self.control.publish(queue_topic(queue), conversation(id, queue, 0));
    }

    /// What is told of a conversation, once it is.
    pub(crate) async fn news_of(&self, id: &str) -> News {
        until("news", || !self.mirror.told_of(id).is_empty()).await;
        self.mirror.told_of(id).remove(0)
    }

    /// The feed that is said to cover a conversation of queue `a` that changes now.
    pub(crate) async fn feed_of(&self, id: &str) -> Option<Feed> {
        self.happens("a", id);
        match self.news_of(id).await {
            News::Whole { feed, .. } => feed,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn listening(queues: &[&str], deployments: &[&str]) -> Listening {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Listening { queues: owned(queues), deployments: owned(deployments), hold: HOLD }
}

pub(crate) fn queue_topic(queue: &str) -> String {
    format!("v2.routing.queues.{queue}.conversations.messages")
}

/// A conversation that waits in a queue, as of so many seconds after noon.
pub(crate) fn conversation(id: &str, queue: &str, seconds: u32) -> Value {
    let time = format!("2026-05-15T12:00:{seconds:02}.000Z");
    json!({
        "id": id,
        "participants": [
            {"id": "p-1", "purpose": "customer", "state": "connected", "type": "webmessaging", "startTime": time},
            {"id": "p-2", "purpose": "acd", "state": "connected", "queue": {"id": queue}, "startTime": time},
        ],
    })
}
