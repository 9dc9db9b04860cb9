//! Reads of conversations, shared by all who ask while one is in flight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::spans;
use crate::domain::ids::ConversationId;
use crate::ports::UpstreamError;

type Outcome<T> = Result<T, UpstreamError>;
type Flight<T> = Shared<BoxFuture<'static, Outcome<T>>>;
type Read<T> = dyn Fn(ConversationId, Instant) -> BoxFuture<'static, Outcome<T>> + Send + Sync;

/// One read in flight, held weakly: a read that nobody waits for any more ends, and must not be joined.
struct Entry<T> {
    serial: u64,
    flight: WeakShared<BoxFuture<'static, Outcome<T>>>,
    /// Its span, if whoever began it is traced.
    span: Span,
}

struct Flights<T> {
    by_conversation: HashMap<ConversationId, Entry<T>>,
    next_serial: u64,
}

/// See the module. What one read brings is `T`.
pub(super) struct Reads<T> {
    /// What they are for, for operators.
    purpose: &'static str,
    read: Box<Read<T>>,
    flights: Mutex<Flights<T>>,
}

impl<T: Clone + Send + Sync + 'static> Reads<T> {
    /// Shares what `read` does.
    pub(super) fn sharing(
        purpose: &'static str,
        read: impl Fn(ConversationId, Instant) -> BoxFuture<'static, Outcome<T>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let flights = Flights { by_conversation: HashMap::new(), next_serial: 0 };
        Arc::new(Self { purpose, read: Box::new(read), flights: Mutex::new(flights) })
    }

    /// Reads a conversation, or waits for the read that is in flight. The deadline is the work's; a caller who leaves earlier
    /// drops the wait.
    pub(super) async fn read(self: &Arc<Self>, id: &ConversationId, deadline: Instant) -> Outcome<T> {
        let flight = self.join(id, deadline);
        // The flight has the deadline of whoever began it; this caller's may be earlier.
        tokio::time::timeout_at(deadline, flight).await.unwrap_or(Err(UpstreamError::Timeout))
    }

    fn join(self: &Arc<Self>, id: &ConversationId, deadline: Instant) -> Flight<T> {
        let mut flights = self.lock();
        let under_way = flights.by_conversation.get(id);
        if let Some((flight, span)) = under_way.and_then(|entry| Some((entry.flight.upgrade()?, entry.span.clone()))) {
            drop(flights);
            metrics::counter!("session_resumption_coalesced_reads_total", "purpose" => self.purpose).increment(1);
            // It is another's span, and in another's trace.
            Span::current().follows_from(&span);
            return flight;
        }
        let serial = flights.next_serial;
        flights.next_serial += 1;
        let span = spans::part("read");
        let landing = Landing { reads: Arc::clone(self), id: id.clone(), serial };
        let read = async move { (landing.reads.read)(landing.id.clone(), deadline).await };
        // Whoever polls it, it is this one's.
        let flight = read.instrument(span.clone()).boxed().shared();
        if let Some(weak) = flight.downgrade() {
            flights.by_conversation.insert(id.clone(), Entry { serial, flight: weak, span });
        }
        flight
    }
}

impl<T> Reads<T> {
    fn lock(&self) -> MutexGuard<'_, Flights<T>> {
        // The map is whole between any two statements.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a flight when it ends, also when it is dropped before its end.
struct Landing<T> {
    reads: Arc<Reads<T>>,
    id: ConversationId,
    serial: u64,
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        let mut flights = self.reads.lock();
        if flights.by_conversation.get(&self.id).is_some_and(|entry| entry.serial == self.serial) {
            flights.by_conversation.remove(&self.id);
        }
    }
}
