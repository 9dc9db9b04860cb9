//! A store under test, and the time it lives in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use session_resumption::ports::{Clock, Handshakes};
use session_resumption::store::memory::MemoryStore;

/// Lets time pass for a store.
#[async_trait]
pub(crate) trait Time: Send + Sync {
    /// Returns when the store's clock has moved on by at least this much.
    async fn advance(&self, by: Duration);
}

/// An empty store of its own for each case.
pub(crate) struct Harness {
    pub(crate) store: Arc<dyn Handshakes>,
    time: Arc<dyn Time>,
}

impl Harness {
    pub(crate) fn new(store: Arc<dyn Handshakes>, time: Arc<dyn Time>) -> Self {
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
