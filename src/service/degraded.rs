//! What is answered when the store is out of reach: a judgement without a handshake and without a role.
//!
//! Nothing of it is kept, so nothing has to be reconciled when the store is back: whoever was answered so asks again before
//! it confirms. Who reads the same conversation at the same time shares the read, as always.

use std::time::Duration;

use tokio::time::Instant;

use super::validate::{Validate, Validated};
use super::{Caller, Inner, out_of_time, upstream};
use crate::domain::answer::Answer;
use crate::domain::error::Error;
use crate::domain::pair::View;
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;
use crate::ports::{StoreError, UpstreamError};

/// How long a customer who comes back now may have been held back before: the longest delay anybody is told, and as much
/// lateness as a credit allows. How long it really was is in the store.
const PERHAPS_HELD: Duration = Duration::from_secs(90);

// === impl Validated ===

impl Validated {
    /// An answer that the store knows nothing of.
    pub(super) fn degraded(answer: Answer) -> Self {
        Self { view: View { answer, handshake: None, seat: Seat::default() }, replayed: false, degraded: true }
    }
}

// === impl Inner ===

impl Inner {
    /// Notes that the store is out of reach, so that the answer has to go without it. Any other failure is the call's own.
    pub(super) fn do_without(&self, error: StoreError) -> Result<(), Error> {
        match error {
            StoreError::Unavailable(outage) if outage.is_of_whole_store() => {
                self.ports.store_watch.failed(outage);
                Ok(())
            }
            error => Err(self.store_error(error)),
        }
    }

    /// Reads and judges for a caller whom the store could not tell what is known already. Whoever was sent away for want of
    /// store or budget must not lose the session for having waited as told, so in doubt it counts as held back.
    pub(super) async fn resume_degraded(
        &self,
        caller: &Caller,
        request: &Validate,
        began: Instant,
    ) -> Result<Validated, Error> {
        let reading = self.read_for(caller, request).await?.map_err(|error| upstream::read_error(&error))?;
        self.judge_degraded(request, &reading, began.elapsed() + PERHAPS_HELD).map(Validated::degraded)
    }

    /// Judges by this host's clock where Genesys does not tell the time.
    pub(super) fn judge_degraded(
        &self,
        request: &Validate,
        reading: &Reading,
        held: Duration,
    ) -> Result<Answer, Error> {
        self.judge(request, reading, held, self.ports.clock.now())
    }

    /// Reads for a caller who may leave earlier; the read, if nobody shares it, then ends.
    pub(super) async fn read_for(
        &self,
        caller: &Caller,
        request: &Validate,
    ) -> Result<Result<Reading, UpstreamError>, Error> {
        let read = self.validations.read(&request.session.conversation, Instant::now() + self.work_time(2));
        tokio::time::timeout_at(caller.deadline, read).await.map_err(|_| out_of_time())
    }
}
