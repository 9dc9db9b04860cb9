//! A store under test, and the time it lives in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use session_resumption::ports::{Clock, Handshakes, Mirror, Registry};
use session_resumption::store::memory::MemoryStore;
use session_resumption::store::redis::{RedisStore, StoreClock};
use uuid::Uuid;

use crate::servers::{Authority, Cluster, Sentinels, Server};

/// Lets time pass for a store.
#[async_trait]
pub(crate) trait Time: Send + Sync {
    /// Returns when the store's clock has moved on by at least this much.
    async fn advance(&self, by: Duration);
}

/// All that a store does.
pub(crate) trait Store: Handshakes + Registry + Mirror {}

impl<T: Handshakes + Registry + Mirror> Store for T {}

/// An empty store of its own for each case.
pub(crate) struct Harness {
    pub(crate) store: Arc<dyn Store>,
    time: Arc<dyn Time>,
}

impl Harness {
    pub(crate) fn new(store: Arc<dyn Store>, time: Arc<dyn Time>) -> Self {
        Self { store, time }
    }

    pub(crate) async fn advance(&self, by: Duration) {
        self.time.advance(by).await;
    }
}

/// Runs cases on every store: `for_every_store!(case, another_case);`. A case left out of the list is dead code, which the
/// compiler reports. To add a store, add a line here.
macro_rules! for_every_store {
    ($($case:ident),+ $(,)?) => {
        on_one_store!(memory: $($case),+);
        on_one_store!(redis: $($case),+);
        on_one_store!(valkey: $($case),+);
        on_one_store!(sentinel: $($case),+);
        on_one_store!(cluster: $($case),+);
        on_one_store!(guarded: $($case),+);
    };
}

/// Runs cases on the store that the function of this name in [`crate::harness`] makes.
macro_rules! on_one_store {
    ($store:ident: $($case:ident),+) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(&$crate::harness::$store()).await;
                }
            )+
        }
    };
}

// === The memory store ===

/// More than any case needs.
const CAPACITY: usize = 1_000;

/// A memory store on a clock that only moves when told to.
pub(crate) fn memory() -> Harness {
    let clock = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, CAPACITY);
    Harness::new(Arc::new(store), clock)
}

/// Stands still until told to move.
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl Default for ManualClock {
    fn default() -> Self {
        // Finer than the milliseconds that metadata has.
        Self(Mutex::new("2026-03-01T09:00:00.123456789Z".parse().unwrap()))
    }
}

impl ManualClock {
    pub(crate) fn wind(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(SignedDuration::try_from(by).unwrap()).unwrap();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[async_trait]
impl Time for ManualClock {
    async fn advance(&self, by: Duration) {
        self.wind(by);
    }
}

// === The Redis store ===

/// What the service's user has to be allowed on a single server.
pub(crate) const RIGHTS: &str = "~sr:* +ping +role +wait +eval +evalsha +time +get +set +hget +hset +hsetnx +hexists +hlen \
                                 +hgetall +hdel +pttl +pexpire";

/// On a single server.
pub(crate) fn redis() -> Harness {
    shared(&Server::shared().url())
}

/// On a single server of the other make.
pub(crate) fn valkey() -> Harness {
    shared(&Server::shared_valkey().url())
}

/// On a primary with a replica, which sentinels watch.
pub(crate) fn sentinel() -> Harness {
    shared(&Sentinels::shared().url())
}

/// On a cluster of three nodes.
pub(crate) fn cluster() -> Harness {
    shared(&Cluster::shared().url())
}

/// On a single server over TLS, as a user who may do no more than it has to.
pub(crate) fn guarded() -> Harness {
    static SERVER: LazyLock<(Authority, Server)> = LazyLock::new(|| {
        let authority = Authority::new();
        let server = Server::with(Some(&authority.issue(&["localhost"])), &[]);
        server.allow("service", RIGHTS);
        (authority, server)
    });
    let (authority, server) = &*SERVER;
    let (url, ahead) = (server.url_of("service", "service").replace("127.0.0.1", "localhost"), Ahead::default());
    let clock = StoreClock::Ahead(Arc::clone(&ahead.0));
    let store = RedisStore::new(&url.parse().unwrap(), Some(authority.pem().as_bytes()), &prefix(), clock).unwrap();
    Harness::new(Arc::new(store), Arc::new(ahead))
}

/// A store that shares its servers with the other cases, and no key with any of them.
fn shared(url: &str) -> Harness {
    let ahead = Ahead::default();
    let store = redis_store(url, &prefix(), StoreClock::Ahead(Arc::clone(&ahead.0)));
    Harness::new(Arc::new(store), Arc::new(ahead))
}

/// The store at this URL, known to be well written.
pub(crate) fn redis_store(url: &str, prefix: &str, clock: StoreClock) -> RedisStore {
    RedisStore::new(&url.parse().unwrap(), None, prefix, clock).unwrap()
}

/// One that no other case uses, among the keys that [`RIGHTS`] allow.
pub(crate) fn prefix() -> String {
    format!("sr:{}", Uuid::new_v4().simple())
}

/// How far a store's clock is ahead of its server's, in microseconds.
#[derive(Default)]
pub(crate) struct Ahead(pub(crate) Arc<AtomicU64>);

#[async_trait]
impl Time for Ahead {
    async fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}
