//! A store and the pure rules, asked the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use session_resumption::domain::ids::Pair;
use session_resumption::ports::{Clock, Handshakes};
use session_resumption::store::memory::MemoryStore;
use session_resumption::store::redis::StoreClock;

use super::operations::{Operation, Outcome, Rules, ask};
use super::plain;
use crate::harness::{ManualClock, prefix, redis_store};
use crate::servers::Server;

/// A clock that stands still between the steps, so that store and rules see the same instant.
pub(super) trait Standing: Send + Sync {
    fn now(&self) -> Timestamp;
    fn wind(&self, by: Duration);
}

pub(super) struct Both {
    store: Box<dyn Handshakes>,
    pure: Rules,
    clock: Arc<dyn Standing>,
}

impl Both {
    /// A memory store that holds this many conversations.
    pub(super) fn memory(capacity: usize) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, capacity);
        Self { store: Box::new(store), pure: Rules::default(), clock }
    }

    /// A Redis store on this server.
    pub(super) fn redis(server: &Server) -> Self {
        let clock = Arc::new(AtomicU64::new(1_772_355_600_123_456));
        let store = redis_store(&server.url(), &prefix(), StoreClock::Standing(Arc::clone(&clock)));
        Self { store: Box::new(store), pure: Rules::default(), clock }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn wind(&self, by: Duration) {
        self.clock.wind(by);
    }

    /// What the store told, if the rules tell the same.
    pub(super) async fn ask(&mut self, pair: &Pair, operation: Operation) -> Result<Outcome, TestCaseError> {
        let told = ask(&*self.store, pair, operation.clone()).await;
        let ruled = self.pure.ask(pair, plain::operation(operation.clone()), self.now());
        prop_assert_eq!(&plain::outcome(told.clone()), &ruled, "{:?}: {:?}", pair, operation);
        Ok(told)
    }
}

impl Standing for ManualClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    fn wind(&self, by: Duration) {
        Self::wind(self, by);
    }
}

/// In microseconds since 1970.
impl Standing for AtomicU64 {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.load(Ordering::SeqCst).try_into().unwrap()).unwrap()
    }

    fn wind(&self, by: Duration) {
        self.fetch_add(by.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}
