//! ConfirmReattach: the customer is back; count it, once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Caller, Inner, Resumption, out_of_time, upstream};
use crate::domain::conversation::Confirming;
use crate::domain::counter::{Claim, Claimant, Claimed, MAX_COUNT, Written};
use crate::domain::error::Error;
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{HandshakeId, Pair};
use crate::domain::lease::Lease;
use crate::domain::snapshot::{Reading, Snapshot, Status};
use crate::ports::{Event, Metadata, Note, Settled, StoreError, UpstreamError};

/// When a flow should look again whether the customer is attached: its next step takes about this long.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a confirmation's read saw, and since when.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) reading: Reading,
    /// The store's time before the read began, whoever began it.
    pub(super) since: Result<Timestamp, StoreError>,
}

/// How a confirmation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reattachment {
    /// The resumption is counted.
    Confirmed {
        /// The count, its time and the agent.
        confirmation: Confirmation,
        /// Whether it had been counted before.
        replayed: bool,
    },
    /// The customer is not attached yet.
    NotReattached {
        /// When to look again.
        retry_delay: Duration,
    },
    /// The conversation is over.
    SessionEnded,
}

impl Resumption {
    /// Confirms that a customer was re-attached, and counts it.
    pub async fn confirm(&self, caller: &Caller, pair: Pair, id: HandshakeId) -> Result<Reattachment, Error> {
        let confirmed = async {
            self.inner.hold_to_own(caller, &pair).await?;
            let work = Arc::clone(&self.inner).confirm(caller.clone(), pair.clone(), id);
            self.inner.outlive(caller, "confirm", work).await
        };
        let confirmed = confirmed.await.map_err(|error| self.failed(caller, &pair, Some(id), error))?;
        let event = match &confirmed {
            Reattachment::Confirmed { confirmation, replayed } => {
                Event::Confirmed { count: confirmation.count, replayed: *replayed }
            }
            Reattachment::NotReattached { .. } => Event::NotConfirmed { ended: false },
            Reattachment::SessionEnded => Event::NotConfirmed { ended: true },
        };
        self.inner.audit(caller, &pair, Some(id), event);
        Ok(confirmed)
    }
}

impl Inner {
    async fn confirm(self: Arc<Self>, caller: Caller, pair: Pair, id: HandshakeId) -> Result<Reattachment, Error> {
        let mut claimed = false;
        let confirmed = self.count(&caller, &pair, id, &mut claimed).await;
        if claimed || matches!(confirmed, Ok(Reattachment::Confirmed { .. })) {
            self.record(&caller, &pair).await;
        }
        confirmed
    }

    /// Leaves in `claimed` whether a claim was made: it may have found that another's lost write was taken.
    async fn count(
        &self,
        caller: &Caller,
        pair: &Pair,
        id: HandshakeId,
        claimed: &mut bool,
    ) -> Result<Reattachment, Error> {
        let handshakes = &self.ports.handshakes;
        loop {
            if let Some(confirmation) =
                handshakes.confirmation(pair, id).await.map_err(|error| self.store_error(error))?
            {
                return Ok(Reattachment::Confirmed { confirmation, replayed: true });
            }
            let read = self.confirmations.read(&pair.conversation, Instant::now() + self.work_time(2)).await;
            let Seen { reading, since } = read.map_err(|error| upstream::read_error(&error))?;
            let read_at = since.map_err(|error| self.store_error(error))?;
            let snapshot = match reading.found {
                Some(snapshot) if snapshot.status != Status::Terminated => snapshot,
                _ => return Ok(Reattachment::SessionEnded),
            };
            if snapshot.customer(&pair.participant).is_none() {
                return Ok(Reattachment::SessionEnded);
            }
            if !snapshot.is_attached(&pair.participant) {
                return Ok(Reattachment::NotReattached { retry_delay: LOOK_AGAIN });
            }
            if caller.has_left() {
                return Err(out_of_time());
            }
            let claim = Claim { as_of: reading.date, ..self.claim(caller, pair, id, &snapshot, read_at) };
            // The lease begins before we hear of it, and so does the time for its write.
            let deadline = Instant::now() + self.rules.call_timeout;
            *claimed = true;
            match handshakes.claim(&pair.conversation, claim).await.map_err(|error| self.store_error(error))? {
                Confirming::Already(confirmation) => {
                    return Ok(Reattachment::Confirmed { confirmation, replayed: true });
                }
                Confirming::Claimed(Claimed::Write { lease, confirmation, forgotten }) => {
                    if forgotten {
                        self.audit(caller, pair, Some(id), Event::Noted(Note::StoreForgot));
                    }
                    return self.write_count(caller, pair, id, (lease, deadline), confirmation).await;
                }
                Confirming::Claimed(Claimed::ReadAgain) => {}
                Confirming::Claimed(Claimed::Busy(left)) => {
                    self.wait_for_write(caller, pair, id, left).await?;
                }
            }
        }
    }

    /// Waits until the handshake is confirmed, or no write of another can be under way any more. Nothing is read meanwhile: the
    /// budget is for those who can make use of it.
    async fn wait_for_write(&self, caller: &Caller, pair: &Pair, id: HandshakeId, left: Duration) -> Result<(), Error> {
        let handshakes = &self.ports.handshakes;
        let over = Instant::now() + left;
        while Instant::now() < over {
            let changed = handshakes.changed(&pair.conversation);
            if handshakes.confirmation(pair, id).await.map_err(|error| self.store_error(error))?.is_some() {
                return Ok(());
            }
            self.wait_turn(caller, over.saturating_duration_since(Instant::now()), changed).await?;
        }
        Ok(())
    }

    fn claim(&self, caller: &Caller, pair: &Pair, id: HandshakeId, snapshot: &Snapshot, read_at: Timestamp) -> Claim {
        let written = snapshot.attributes.get("resumptionCount");
        let counted = written.and_then(|text| text.trim().parse().ok()).filter(|count| *count <= MAX_COUNT);
        if written.is_some() && counted.is_none() {
            self.audit(caller, pair, Some(id), Event::Noted(Note::CountNotANumber));
        }
        Claim {
            claimant: Claimant { participant: pair.participant.clone(), handshake: id },
            metadata: counted.unwrap_or_default(),
            counted_at: snapshot.attributes.get("lastResumptionTimestamp").and_then(|text| text.trim().parse().ok()),
            read_at,
            agent_id: snapshot.active_agent_id().map(str::to_owned),
            as_of: None,
            owner: self.ports.entropy.uuid(),
            // As long as a write can be under way: its own time, and as much again for what the network still holds.
            write_for: self.rules.call_timeout * 2,
        }
    }

    /// Writes the reserved count by the lease's deadline, not the caller's: a write cut short is a write nobody knows the outcome
    /// of.
    async fn write_count(
        &self,
        caller: &Caller,
        pair: &Pair,
        id: HandshakeId,
        (lease, deadline): (Lease, Instant),
        confirmation: Confirmation,
    ) -> Result<Reattachment, Error> {
        let metadata = Metadata { count: confirmation.count, time: confirmation.time };
        let outcome = self.ports.conversations.write_metadata(pair, &metadata, deadline).await;
        let written = match &outcome {
            Ok(Settled::Surely) => Written::Yes,
            Ok(Settled::Perhaps) => Written::YesInDoubt,
            Err(error) if error.outcome_unknown() => Written::Unknown,
            Err(_) => Written::No,
        };
        if let Err(error) = self.ports.handshakes.settle(&pair.conversation, lease, written).await {
            if matches!(error, StoreError::Fenced(_)) {
                self.audit(caller, pair, Some(id), Event::Noted(Note::LeaseLost));
            }
            return Err(self.store_error(error));
        }
        match outcome {
            Ok(_) => Ok(Reattachment::Confirmed { confirmation, replayed: false }),
            Err(UpstreamError::NotFound) => Ok(Reattachment::SessionEnded),
            Err(error) => Err(upstream::error(&error)),
        }
    }
}
