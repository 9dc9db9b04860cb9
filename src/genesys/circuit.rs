//! The breakers of this process, shared by all calls: one for reads, one for writes and one for subscriptions.
//!
//! Several, because they fail apart: a Genesys that takes no writes must not keep customers from being found. Whether it is there
//! at all is always found out by a read, since each use case begins with one; a write is the probe only of what no read can
//! tell, that writes work again. Nobody waits for a subscription, and its failures keep no read back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::{Breaker, Ticket, Verdict};
use super::observe;
use super::operation::Operation;
use crate::ports::{Entropy, UpstreamError};

/// See the module.
pub(super) struct Circuits {
    reads: Circuit,
    writes: Circuit,
    subscriptions: Circuit,
}

/// One breaker and its clock.
struct Circuit {
    /// `read`, `write` or `subscribe`, for operators.
    access: &'static str,
    began: Instant,
    breaker: Mutex<Breaker>,
    entropy: Arc<dyn Entropy>,
}

/// The leave to try once. If it is dropped before the try ended, the try told nothing.
#[must_use]
pub(super) struct Pass<'a> {
    circuit: &'a Circuit,
    operation: Operation,
    ticket: Ticket,
    verdict: Verdict,
}

// === impl Circuits ===

impl Circuits {
    pub(super) fn new(entropy: &Arc<dyn Entropy>) -> Self {
        let circuit = |access| Circuit::new(access, entropy);
        Self { reads: circuit("read"), writes: circuit("write"), subscriptions: circuit("subscribe") }
    }

    /// The leave to try once, or the error that says that nothing was sent.
    pub(super) fn admit(&self, operation: Operation) -> Result<Pass<'_>, UpstreamError> {
        let circuit = match operation {
            Operation::Subscribe => &self.subscriptions,
            operation if operation.writes() => &self.writes,
            _ => &self.reads,
        };
        let admitted = circuit.change(Breaker::admit);
        admitted
            .map(|ticket| Pass { circuit, operation, ticket, verdict: Verdict::Nothing })
            .map_err(|retry_after| refusal(operation, retry_after))
    }
}

// === impl Circuit ===

impl Circuit {
    fn new(access: &'static str, entropy: &Arc<dyn Entropy>) -> Self {
        let breaker = Breaker::new();
        observe::circuit(access, breaker.phase());
        Self { access, began: Instant::now(), breaker: Mutex::new(breaker), entropy: Arc::clone(entropy) }
    }

    /// Takes a step at the present time, and tells operators if it changed the state.
    fn change<T>(&self, step: impl FnOnce(&mut Breaker, Duration) -> T) -> T {
        let mut breaker = self.lock();
        let before = breaker.phase();
        let outcome = step(&mut breaker, self.began.elapsed());
        let after = breaker.phase();
        if after != before {
            // Told under the lock, so that the last change is the last one shown. It is rare.
            observe::circuit_changed(self.access, after);
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, Breaker> {
        // The breaker is whole between any two statements.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Pass ===

impl Pass<'_> {
    /// Fails if the circuit opened while something else was waited for.
    pub(super) fn check(&self) -> Result<(), UpstreamError> {
        let honoured = self.circuit.lock().honours(&self.ticket);
        if honoured { Ok(()) } else { Err(refusal(self.operation, Duration::ZERO)) }
    }

    /// The same leave for a later try of a call that was let through before.
    pub(super) fn again(mut self) -> Self {
        self.ticket.again();
        self
    }

    /// Ends the try.
    pub(super) fn settle(mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let unit = self.circuit.entropy.unit();
        self.circuit.change(|breaker, now| breaker.settle(&self.ticket, self.verdict, now, unit));
    }
}

fn refusal(operation: Operation, retry_after: Duration) -> UpstreamError {
    observe::not_called(operation, "circuit_open", retry_after);
    UpstreamError::CircuitOpen { retry_after }
}
