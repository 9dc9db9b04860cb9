//! One service, whose store is its own memory.

use std::sync::Arc;
use std::time::Duration;

use session_resumption::ports::Clock;
use session_resumption::store::memory::MemoryStore;

pub(crate) const REPLICAS: usize = 1;

/// The store of a service that runs as its operator starts it.
pub(crate) fn store_url() -> String {
    "memory:".to_owned()
}

/// Moves the stores' clock as far as the simulator's. This store goes by the simulator's.
#[derive(Default)]
pub(crate) struct Winding(());

impl Winding {
    #[expect(clippy::unused_self, reason = "other stores have a clock of their own")]
    pub(crate) fn advance(&self, _: Duration) {}
}

/// A store for each replica, which goes by this clock.
pub(crate) fn stores(clock: &Arc<dyn Clock>, _: &Winding) -> [Arc<MemoryStore>; REPLICAS] {
    [Arc::new(MemoryStore::new(Arc::clone(clock), 1_000))]
}
