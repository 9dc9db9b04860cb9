//! Reads of conversations, shared by all who ask while one is in flight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use jiff::Timestamp;
use tokio::time::Instant;

use super::Ports;
use crate::domain::ids::ConversationId;
use crate::domain::snapshot::Reading;
use crate::ports::{Conversations, Handshakes, StoreError, UpstreamError};

type Outcome = Result<Seen, UpstreamError>;
type Flight = Shared<BoxFuture<'static, Outcome>>;

/// What a read saw, and since when.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) reading: Reading,
    /// The store's time before the read began, whoever began it.
    pub(super) since: Result<Timestamp, StoreError>,
}

/// One read in flight, held weakly: a read that nobody waits for any more ends, and must not be joined.
struct Entry {
    serial: u64,
    flight: WeakShared<BoxFuture<'static, Outcome>>,
}

#[derive(Default)]
struct Flights {
    by_conversation: HashMap<ConversationId, Entry>,
    next_serial: u64,
}

/// See the module.
pub(super) struct Reads {
    conversations: Arc<dyn Conversations>,
    handshakes: Arc<dyn Handshakes>,
    flights: Mutex<Flights>,
}

impl Reads {
    pub(super) fn new(ports: &Ports) -> Self {
        let (conversations, handshakes) = (Arc::clone(&ports.conversations), Arc::clone(&ports.handshakes));
        Self { conversations, handshakes, flights: Mutex::default() }
    }

    /// Reads a conversation, or waits for the read that is in flight. The deadline is the work's; a caller who leaves earlier
    /// drops the wait.
    pub(super) async fn read(self: &Arc<Self>, id: &ConversationId, deadline: Instant) -> Outcome {
        let flight = self.join(id, deadline);
        // The flight has the deadline of whoever began it; this caller's may be earlier.
        tokio::time::timeout_at(deadline, flight).await.unwrap_or(Err(UpstreamError::Timeout))
    }

    fn join(self: &Arc<Self>, id: &ConversationId, deadline: Instant) -> Flight {
        let mut flights = self.lock();
        if let Some(flight) = flights.by_conversation.get(id).and_then(|entry| entry.flight.upgrade()) {
            return flight;
        }
        let serial = flights.next_serial;
        flights.next_serial += 1;
        let landing = Landing { reads: Arc::clone(self), id: id.clone(), serial };
        let flight = async move { landing.reads.see(&landing.id, deadline).await }.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            flights.by_conversation.insert(id.clone(), Entry { serial, flight: weak });
        }
        flight
    }

    async fn see(&self, id: &ConversationId, deadline: Instant) -> Outcome {
        let since = self.handshakes.now().await;
        let reading = self.conversations.read(id, deadline).await?;
        Ok(Seen { reading, since })
    }

    fn lock(&self) -> MutexGuard<'_, Flights> {
        // The map is whole between any two statements.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a flight when it ends, also when it is dropped before its end.
struct Landing {
    reads: Arc<Reads>,
    id: ConversationId,
    serial: u64,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut flights = self.reads.lock();
        if flights.by_conversation.get(&self.id).is_some_and(|entry| entry.serial == self.serial) {
            flights.by_conversation.remove(&self.id);
        }
    }
}
