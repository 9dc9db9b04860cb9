//! What only the memory store promises: a bound, forgetting, and waking nobody without a cause.

mod capacity;
mod registry;
mod waiting;

use std::sync::Arc;

use session_resumption::ports::Clock;
use session_resumption::store::memory::MemoryStore;

use crate::harness::{Harness, ManualClock};

/// A store that holds this many conversations.
fn store_of(capacity: usize) -> Harness {
    let clock = Arc::new(ManualClock::default());
    let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>, capacity);
    Harness::new(Arc::new(store), clock)
}
