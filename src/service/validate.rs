//! ValidateSession: back to the same conversation, or a new start.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::mirrored::AtHand;
use super::{Caller, Inner, LONGEST_NAP, Resumption, client_time, out_of_time, upstream};
use crate::domain::answer::{Answer, Source};
use crate::domain::conversation::Glimpse;
use crate::domain::decision::{self, Decision, Request, StartOver, decide};
use crate::domain::error::{Error, Reason};
use crate::domain::ids::{AttemptId, HandshakeId, MessageId, Pair, TabId};
use crate::domain::lease::Lease;
use crate::domain::pair::{Join, Joined, View, not_found, nothing_to_take_over};
use crate::domain::principal::Bound;
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;
use crate::domain::time::{after, until};
use crate::ports::{self, Event, Note, StoreError};

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

/// A request to validate, checked: of a session by its own name, or by whichever the caller knows.
#[derive(Debug, Clone)]
pub struct Validate<S = Pair> {
    /// The session.
    pub session: S,
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

/// A session, by whichever name the caller knows.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A name that sessions are bound to.
    Bound(Bound),
    /// Any message of its transcript.
    Message(MessageId),
}

impl<'a> From<&'a Asked> for ports::Session<'a> {
    fn from(asked: &'a Asked) -> Self {
        match asked {
            Asked::Bound(bound) => Self::from(bound),
            Asked::Message(message) => Self::Message(message),
        }
    }
}

impl Validate<Asked> {
    /// The same of the session by its own name.
    fn of(self, pair: Pair) -> Validate {
        let Self { session: _, tab, attempt, handshake, intent, dropped_at } = self;
        Validate { session: pair, tab, attempt, handshake, intent, dropped_at }
    }
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Validated {
    /// What was decided, and who may act on it.
    pub view: View,
    /// Whether it came from memory.
    pub replayed: bool,
    /// Whether it was given without the store.
    pub degraded: bool,
}

/// A lead as the store gave it.
struct Given {
    lease: Lease,
    arrived: Timestamp,
    /// The store's time then, and ours when it was asked.
    now: Timestamp,
    asked: Instant,
}

/// How a lead ended.
enum Led {
    /// Everybody was told.
    Told(View),
    /// Another took over: its answer is the one everybody gets.
    Lost,
    /// The store could not be told. The answer is the caller's all the same.
    Untold(Answer),
}

impl Resumption {
    /// Judges a session, or answers what was judged. Tells the session's own name along with it; none if there is no session
    /// of the name asked for, or none for this caller.
    pub async fn validate(
        &self,
        caller: &Caller,
        request: Validate<Asked>,
    ) -> Result<(Option<Pair>, Validated), Error> {
        let asked = request.session.clone();
        let (handshake, now) = (request.handshake, self.inner.ports.clock.now());
        let dropped_at = request.dropped_at.and_then(|told| client_time::believable(told, now));
        if dropped_at != request.dropped_at {
            self.inner.audit(caller, &asked, None, Event::Noted(Note::ImplausibleClientTime));
        }
        let outcome = async {
            let pair = match &asked {
                Asked::Bound(bound) => self.inner.session(caller, bound).await?,
                Asked::Message(message) => self.inner.session_of(caller, message).await?,
            };
            let validated = match pair.clone() {
                Some(pair) => self.inner.validate(caller, request.of(pair)).await,
                None => absent(&request, now),
            };
            Ok((pair, validated?))
        };
        let (pair, validated) = outcome.await.map_err(|error| self.failed(caller, &asked, handshake, error))?;
        let session = pair.as_ref().map_or(ports::Session::from(&asked), ports::Session::from);
        let Validated { ref view, replayed, degraded } = validated;
        if degraded {
            self.inner.ports.store_watch.bypassed();
        }
        let (decision, as_of) = (&view.answer.decision, view.answer.as_of);
        let event = Event::Decided { decision, as_of, replayed, degraded, dropped_at };
        self.inner.audit(caller, session, view.handshake, event);
        if decision.reason() == decision::Reason::UnknownStatus && !replayed {
            self.inner.audit(caller, session, view.handshake, Event::Noted(Note::UnknownStatus));
        }
        Ok((pair, validated))
    }
}

/// What is said of a session that does not exist, or not for this caller. Genesys is not asked.
fn absent(request: &Validate<Asked>, now: Timestamp) -> Result<Validated, Error> {
    match request.intent {
        _ if request.handshake.is_some() => Err(not_found()),
        Intent::TakeOver(_) => Err(nothing_to_take_over()),
        Intent::Resume | Intent::Heartbeat => {
            let start_over = StartOver { reason: decision::Reason::SessionNotFound, status: None };
            // In whole seconds, as Genesys tells the time.
            let as_of = Timestamp::from_second(now.as_second()).unwrap_or(now);
            let answer = Answer::live(Decision::NewRoutingRequired(start_over), as_of);
            let view = View { answer, handshake: None, seat: Seat::default() };
            Ok(Validated { view, replayed: false, degraded: false })
        }
    }
}

impl Inner {
    async fn validate(self: &Arc<Self>, caller: &Caller, request: Validate) -> Result<Validated, Error> {
        match &request.intent {
            Intent::TakeOver(tab) => self.take_over(&request, tab).await,
            Intent::Resume | Intent::Heartbeat if request.handshake.is_some() => self.view(&request).await,
            Intent::Resume => self.resume(caller, &request).await,
            Intent::Heartbeat => self.heartbeat(caller, &request).await,
        }
    }

    /// Leads, waits or replays until there is an answer.
    async fn resume(self: &Arc<Self>, caller: &Caller, request: &Validate) -> Result<Validated, Error> {
        let began = Instant::now();
        let mut waited_on = None;
        let mut changed = None;
        loop {
            let join = self.join(request, waited_on);
            let asked = Instant::now();
            let (joined, glimpse) = match self.ports.handshakes.join(&request.session, &join).await {
                Ok(joined) => joined,
                Err(error) => {
                    self.do_without(error)?;
                    return self.resume_degraded(caller, request, began).await;
                }
            };
            match joined {
                Joined::Replay(view) => return Ok(Validated { view, replayed: true, degraded: false }),
                Joined::Failed(error) => return Err(error),
                Joined::Lead { lease, arrived, now, .. } => {
                    let given = Given { lease, arrived, now, asked };
                    let lead = Arc::clone(self).lead(caller.clone(), request.clone(), given, glimpse);
                    match self.outlive(caller, "lead", lead).await? {
                        Led::Told(view) => return Ok(Validated { view, replayed: false, degraded: false }),
                        Led::Lost => waited_on = None,
                        Led::Untold(answer) => return Ok(Validated::degraded(answer)),
                    }
                }
                Joined::Wait { fence, left } => {
                    waited_on = Some(fence);
                    // Ask once more after subscribing, so that an answer stored in between is not slept through.
                    let Some(change) = changed.replace(self.ports.handshakes.changed(&request.session.conversation))
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

    /// Finds out and tells everybody.
    async fn lead(
        self: Arc<Self>,
        caller: Caller,
        request: Validate,
        Given { lease, arrived, now, asked }: Given,
        glimpse: Option<Reading>,
    ) -> Result<Led, Error> {
        let (handshakes, pair) = (&self.ports.handshakes, &request.session);
        let judge = |reading: &Reading| {
            // What time it is for the store, without asking it again.
            let now = after(now, asked.elapsed());
            // How long we held the request is measured on one clock, and applied to another: neither's skew matters.
            self.judge(&request, reading, until(arrived, now), now)
        };
        let judged = match self.at_hand(&request, glimpse, judge).await {
            Ok(AtHand::Enough(enough)) => Ok(enough.1),
            Ok(AtHand::Read { undelivered }) => {
                let read = self.validations.read(&pair.conversation, Instant::now() + self.work_time(2)).await;
                let read = read.map_err(|error| upstream::read_error(&error));
                read.and_then(|reading| judge(&Reading { undelivered, ..reading }))
            }
            Err(error) => Err(error),
        };
        let (untold, lost) = match judged {
            Ok(answer) => {
                let concluded =
                    handshakes.conclude(pair, lease, request.tab.as_ref(), answer.clone(), self.rules.replay_ttl).await;
                match concluded {
                    Ok(view) => return Ok(Led::Told(view)),
                    Err(lost) => (Ok(Led::Untold(answer)), lost),
                }
            }
            Err(error) => match handshakes.fail(pair, lease, error.clone(), upstream::latest_return(&error)).await {
                Ok(()) => return Err(error),
                Err(lost) => (Err(error), lost),
            },
        };
        if matches!(lost, StoreError::Fenced(_)) {
            self.audit(&caller, pair, None, Event::Noted(Note::LeadLost));
            return Ok(Led::Lost);
        }
        self.do_without(lost)?;
        untold
    }

    /// Judges what was read; as of `now` if Genesys did not tell the time.
    pub(super) fn judge(
        &self,
        request: &Validate,
        reading: &Reading,
        held: Duration,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let now = reading.date.unwrap_or(now);
        let about = Request { participant: &request.session.participant, held };
        let decision = decide(&self.rules.policy, reading.found.as_ref(), about, now).map_err(|unjudgeable| {
            let after = Duration::from_secs(2);
            Error::retry(Reason::SnapshotUnusable, format!("{unjudgeable}; the session was not judged"), after)
        })?;
        let (as_of, source) = match reading.mirrored {
            Some(at) => (at, Source::Mirror),
            None => (now, Source::LiveRead),
        };
        Ok(Answer { decision, as_of, source, undelivered: reading.undelivered.clone() })
    }

    /// Judges without opening a handshake. One read at most, shared with whoever reads at the same time.
    async fn heartbeat(self: &Arc<Self>, caller: &Caller, request: &Validate) -> Result<Validated, Error> {
        let judge = |reading: &Reading, now| self.judge(request, reading, Duration::ZERO, now);
        // What is mirrored has a time of its own, so this one does not count.
        let at_hand = self.at_hand(request, None, |reading| judge(reading, self.ports.clock.now())).await?;
        let (reading, answer) = match at_hand {
            AtHand::Enough(enough) => *enough,
            AtHand::Read { undelivered } => {
                let read = self.read_for(caller, request).await?.map_err(|error| upstream::read_error(&error))?;
                let reading = Reading { undelivered, ..read };
                let now = match reading.date {
                    Some(date) => Ok(date),
                    None => self.ports.handshakes.now().await,
                };
                match now {
                    Ok(now) => {
                        let answer = judge(&reading, now)?;
                        (reading, answer)
                    }
                    Err(error) => {
                        self.do_without(error)?;
                        return self.judge_degraded(request, &reading, Duration::ZERO).map(Validated::degraded);
                    }
                }
            }
        };
        let resumable = matches!(answer.decision, Decision::Resumable(_));
        let tab = request.tab.clone().filter(|_| resumable);
        let glimpse = Glimpse { reading, fresh_for: GLIMPSE_FOR, tab };
        match self.ports.handshakes.remember(&request.session, &glimpse).await {
            Ok(seat) => {
                Ok(Validated { view: View { answer, handshake: None, seat }, replayed: false, degraded: false })
            }
            Err(error) => {
                self.do_without(error)?;
                Ok(Validated::degraded(answer))
            }
        }
    }

    /// Answers for exactly the handshake named.
    async fn view(&self, request: &Validate) -> Result<Validated, Error> {
        let id = request.handshake.ok_or_else(not_found)?;
        let view = self
            .ports
            .handshakes
            .view(&request.session, id, request.tab.as_ref())
            .await
            .map_err(|error| self.store_error(error))?;
        Ok(Validated { view, replayed: true, degraded: false })
    }

    async fn take_over(&self, request: &Validate, tab: &TabId) -> Result<Validated, Error> {
        let handshakes = &self.ports.handshakes;
        let mut named = None;
        if request.handshake.is_some() {
            named = Some(self.view(request).await?.view);
        }
        let mut view = handshakes.take_over(&request.session, tab).await.map_err(|error| self.store_error(error))?;
        if let Some(named) = named {
            view = View { seat: view.seat, ..named };
        }
        Ok(Validated { view, replayed: true, degraded: false })
    }
}
