//! ValidateSession: back to the same conversation, or a new start.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Caller, Inner, LONGEST_NAP, Resumption, client_time, out_of_time, store_error, upstream};
use crate::domain::answer::Answer;
use crate::domain::conversation::Glimpse;
use crate::domain::decision::{self, Decision, Request, decide};
use crate::domain::error::{Error, Reason};
use crate::domain::ids::{AttemptId, HandshakeId, Pair, TabId};
use crate::domain::lease::Lease;
use crate::domain::pair::{Join, Joined, View};
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;
use crate::domain::time::until;
use crate::ports::{Event, Note, StoreError, UpstreamError};

/// How long a heartbeat's reading serves a RESUME.
const GLIMPSE_FOR: Duration = Duration::from_secs(5);

/// What the caller wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Come back.
    Resume,
    /// Only know.
    Heartbeat,
    /// Become the ACTIVE tab.
    TakeOver(TabId),
}

/// A request to validate, checked.
#[derive(Debug, Clone)]
pub struct Validate {
    /// The session.
    pub pair: Pair,
    /// The tab, if the caller is one.
    pub tab: Option<TabId>,
    /// The drop, if the caller names it.
    pub attempt: Option<AttemptId>,
    /// The handshake to answer for, if the caller knows it.
    pub handshake: Option<HandshakeId>,
    /// What the caller wants.
    pub intent: Intent,
    /// When the client says it lost its connection.
    pub dropped_at: Option<Timestamp>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Validated {
    /// What was decided, and who may act on it.
    pub view: View,
    /// Whether it came from memory.
    pub replayed: bool,
}

impl Resumption {
    /// Judges a session, or answers what was judged.
    pub async fn validate(&self, caller: &Caller, request: Validate) -> Result<Validated, Error> {
        let inner = &self.inner;
        let now = inner.ports.clock.now();
        let dropped_at = request.dropped_at.and_then(|told| client_time::believable(told, now));
        if dropped_at != request.dropped_at {
            inner.audit(caller, &request.pair, None, Event::Noted(Note::ImplausibleClientTime));
        }
        let outcome = match &request.intent {
            Intent::TakeOver(tab) => inner.take_over(&request, tab).await,
            Intent::Resume | Intent::Heartbeat if request.handshake.is_some() => inner.view(&request).await,
            Intent::Resume => inner.resume(caller, &request).await,
            Intent::Heartbeat => inner.heartbeat(caller, &request).await,
        };
        let validated = outcome.map_err(|error| self.failed(caller, &request.pair, request.handshake, error))?;
        let Validated { view, replayed } = &validated;
        let (decision, as_of, replayed) = (&view.answer.decision, view.answer.as_of, *replayed);
        let event = Event::Decided { decision, as_of, replayed, dropped_at };
        inner.audit(caller, &request.pair, view.handshake, event);
        if decision.reason() == decision::Reason::UnknownStatus && !replayed {
            inner.audit(caller, &request.pair, view.handshake, Event::Noted(Note::UnknownStatus));
        }
        Ok(validated)
    }
}

impl Inner {
    /// Leads, waits or replays until there is an answer.
    async fn resume(self: &Arc<Self>, caller: &Caller, request: &Validate) -> Result<Validated, Error> {
        let mut waited_on = None;
        let mut changed = None;
        loop {
            let join = self.join(request, waited_on);
            let (joined, glimpse) = self.ports.handshakes.join(&request.pair, &join).await.map_err(store_error)?;
            match joined {
                Joined::Replay(view) => return Ok(Validated { view, replayed: true }),
                Joined::Failed(error) => return Err(error),
                Joined::Lead { lease, arrived, .. } => {
                    let lead = Arc::clone(self).lead(request.clone(), lease, arrived, glimpse);
                    match self.outlive(caller, lead).await? {
                        Some(view) => return Ok(Validated { view, replayed: false }),
                        // Another took over: its answer is the one everybody gets.
                        None => waited_on = None,
                    }
                }
                Joined::Wait { fence, left } => {
                    waited_on = Some(fence);
                    // Ask once more after subscribing, so that an answer stored in between is not slept through.
                    let Some(change) = changed.replace(self.ports.handshakes.changed(&request.pair.conversation))
                    else {
                        continue;
                    };
                    let nap = tokio::time::timeout(left.min(LONGEST_NAP), change);
                    let _ = tokio::time::timeout_at(caller.deadline, nap).await.map_err(|_| out_of_time())?;
                }
            }
        }
    }

    fn join(&self, request: &Validate, waited_on: Option<u64>) -> Join {
        // One serves as both: either is only used where nothing of that name exists yet. Most calls are replays and need none.
        let fresh = self.ports.entropy.uuid();
        Join {
            tab: request.tab.clone(),
            attempt: request.attempt,
            waited_on,
            new_id: HandshakeId(fresh),
            owner: fresh,
            lease_for: self.work_time(3),
        }
    }

    /// Finds out and tells everybody. `None` when the lease was lost on the way.
    async fn lead(
        self: Arc<Self>,
        request: Validate,
        lease: Lease,
        arrived: Timestamp,
        glimpse: Option<Reading>,
    ) -> Result<Option<View>, Error> {
        let reading = if let Some(reading) = glimpse {
            Ok(reading)
        } else {
            self.validations.read(&request.pair.conversation, Instant::now() + self.work_time(2)).await
        };
        let (handshakes, pair) = (&self.ports.handshakes, &request.pair);
        let told = match self.judge(&request, reading, Some(arrived)).await {
            Ok(answer) => {
                handshakes.conclude(pair, lease, request.tab.as_ref(), answer, self.rules.replay_ttl).await.map(Ok)
            }
            Err(error) => {
                let back_in = upstream::latest_return(&error);
                handshakes.fail(pair, lease, error.clone(), back_in).await.map(|()| Err(error))
            }
        };
        match told {
            Ok(outcome) => outcome.map(Some),
            Err(StoreError::Fenced(_)) => Ok(None),
            Err(error) => Err(store_error(error)),
        }
    }

    async fn judge(
        &self,
        request: &Validate,
        reading: Result<Reading, UpstreamError>,
        arrived: Option<Timestamp>,
    ) -> Result<Answer, Error> {
        let reading = reading.map_err(|error| upstream::read_error(&error))?;
        let store_now = self.ports.handshakes.now().await.map_err(store_error)?;
        // How long we held the request is measured on one clock, and applied to another: neither's skew matters.
        let held = arrived.map_or(Duration::ZERO, |arrived| until(arrived, store_now));
        let as_of = reading.date.unwrap_or(store_now);
        let about = Request { participant: &request.pair.participant, held };
        let decision = decide(&self.rules.policy, reading.found.as_ref(), about, as_of).map_err(|unjudgeable| {
            let after = Duration::from_secs(2);
            Error::retry(Reason::SnapshotUnusable, format!("{unjudgeable}; the session was not judged"), after)
        })?;
        Ok(Answer { decision, as_of })
    }

    /// Judges without opening a handshake. One read at most, shared with whoever reads at the same time.
    async fn heartbeat(self: &Arc<Self>, caller: &Caller, request: &Validate) -> Result<Validated, Error> {
        let read = self.validations.read(&request.pair.conversation, Instant::now() + self.work_time(2));
        let reading = tokio::time::timeout_at(caller.deadline, read).await.map_err(|_| out_of_time())?;
        let kept = reading.clone().ok();
        let answer = self.judge(request, reading, None).await?;
        let mut seat = Seat::default();
        if let Some(reading) = kept {
            let resumable = matches!(answer.decision, Decision::Resumable(_));
            let tab = request.tab.clone().filter(|_| resumable);
            let glimpse = Glimpse { reading, fresh_for: GLIMPSE_FOR, tab };
            seat = self.ports.handshakes.remember(&request.pair, &glimpse).await.map_err(store_error)?;
        }
        Ok(Validated { view: View { answer, handshake: None, seat }, replayed: false })
    }

    /// Answers for exactly the handshake named.
    async fn view(&self, request: &Validate) -> Result<Validated, Error> {
        let id = request.handshake.ok_or_else(crate::domain::pair::not_found)?;
        let view = self.ports.handshakes.view(&request.pair, id, request.tab.as_ref()).await.map_err(store_error)?;
        Ok(Validated { view, replayed: true })
    }

    async fn take_over(&self, request: &Validate, tab: &TabId) -> Result<Validated, Error> {
        let handshakes = &self.ports.handshakes;
        let mut named = None;
        if request.handshake.is_some() {
            named = Some(self.view(request).await?.view);
        }
        let mut view = handshakes.take_over(&request.pair, tab).await.map_err(store_error)?;
        if let Some(named) = named {
            view = View { seat: view.seat, ..named };
        }
        Ok(Validated { view, replayed: true })
    }
}
