//! Two replicas, which share a Redis server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use session_resumption::ports::Clock;
use session_resumption::store::redis::{RedisStore, StoreClock};

use crate::servers::Server;

pub(crate) const REPLICAS: usize = 2;

/// The store of a service that runs as its operator starts it.
pub(crate) fn store_url() -> String {
    Server::shared().url()
}

/// Moves the stores' clock as far as the simulator's. These stores go by their server's, and as much ahead of it.
#[derive(Default)]
pub(crate) struct Winding(Arc<AtomicU64>);

impl Winding {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}

/// A store for each replica, with a connection of its own, as processes have them.
pub(crate) fn stores(_: &Arc<dyn Clock>, winding: &Winding) -> [Arc<RedisStore>; REPLICAS] {
    let store = || {
        RedisStore::new(&store_url().parse().unwrap(), None, "sr", StoreClock::Ahead(Arc::clone(&winding.0))).unwrap()
    };
    [Arc::new(store()), Arc::new(store())]
}
