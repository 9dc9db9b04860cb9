//! One injection, step by step, while it holds the conversation's transcript.
//!
//! Whoever crashes between two steps leaves a ledger that says what may have been sent; whoever comes next reads the
//! transcript before sending anything. One hole cannot be closed: a process frozen between its announcement and its POST for
//! longer than the hold writes late, because Genesys takes no fencing token. It is counted (`LeaseLost`).

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::inject::{Fate, Inject};
use super::messages::Outgoing;
use super::transcript::{self, Sighting, look_for};
use super::{Caller, Context, Inner, upstream};
use crate::domain::error::{Error, Reason};
use crate::domain::ledger::{Held, Unsettled};
use crate::domain::snapshot::{Snapshot, Status};
use crate::domain::time::until;
use crate::ports::{Event, Line, Note, Post, StoreError, UpstreamError};

/// See the module.
pub(super) struct Injector<'a> {
    inner: &'a Inner,
    caller: &'a Caller,
    request: &'a Inject,
    outgoing: &'a [Outgoing],
    held: Held,
    fates: Vec<Option<Fate>>,
    /// The transcript's last id, as far as we know.
    last_id: Option<String>,
}

/// Whether to go on after a message.
enum Next {
    Continue,
    Stop,
    /// The conversation takes no messages any more.
    Refused,
}

impl Inner {
    /// How long an injection holds the transcript without a sign of life: two reads before the first message; then, for each,
    /// a write and a look at what became of it.
    pub(super) fn hold_for(&self) -> Duration {
        self.work_time(3)
    }

    /// Whether messages may be written to the conversation now.
    fn takes_messages(&self, snapshot: &Snapshot) -> bool {
        match self.rules.context {
            Context::Guide(_) => snapshot.takes_messages(),
            Context::Platform => snapshot.status == Status::Active,
        }
    }

    /// From when on a message that is not in the transcript never will be: its own time, and as much again.
    fn absence_counts_after(&self) -> Duration {
        self.rules.call_timeout * 2
    }
}

impl<'a> Injector<'a> {
    pub(super) fn new(
        inner: &'a Inner,
        caller: &'a Caller,
        request: &'a Inject,
        outgoing: &'a [Outgoing],
        held: Held,
    ) -> Self {
        let fates = held.written.iter().map(|id| id.clone().map(Fate::AlreadyPresent)).collect();
        Self { inner, caller, request, outgoing, held, fates, last_id: None }
    }

    /// Each item's fate, in order; none for what was not reached.
    pub(super) fn into_fates(self) -> Vec<Option<Fate>> {
        self.fates
    }

    /// Writes what is missing. `false` when the conversation takes no messages now.
    pub(super) async fn run(&mut self) -> Result<bool, Error> {
        let Some(snapshot) = self.read().await?.filter(|snapshot| self.inner.takes_messages(snapshot)) else {
            self.unsettled_are_unknown();
            return Ok(false);
        };
        let looked_at = self.inner.ports.handshakes.now().await.map_err(|error| self.inner.store_error(error))?;
        let lines = self.transcript().await.map_err(|error| upstream::read_error(&error))?;
        self.reconcile(lines.as_deref(), looked_at).await?;
        self.last_id = lines.as_deref().map(transcript::end);
        let to: Vec<String> = snapshot.agent().map(|agent| agent.id.clone()).into_iter().collect();
        for index in 0..self.outgoing.len() {
            match &self.fates[index] {
                Some(Fate::Unknown) => return Ok(true),
                Some(_) => {}
                None if self.caller.has_left() => return Ok(true),
                None => match self.send(index, to.clone(), snapshot.contact_id.clone()).await? {
                    Next::Continue => {}
                    Next::Stop => return Ok(true),
                    Next::Refused => return Ok(false),
                },
            }
        }
        Ok(true)
    }

    /// Settles what may have been sent before: found, certainly absent, or not to be told yet.
    async fn reconcile(&mut self, lines: Option<&[Line]>, looked_at: Timestamp) -> Result<(), Error> {
        let handshakes = &self.inner.ports.handshakes;
        let conversation = &self.request.pair.conversation;
        for lost in std::mem::take(&mut self.held.unsettled) {
            let index = self.outgoing.iter().position(|outgoing| outgoing.item.key == lost.key);
            let seen = lines.map_or(Sighting::Ambiguous, |lines| look_for(lines, &lost, &self.held.claimed));
            if let Sighting::Found(id) = seen {
                let settled = handshakes.written(conversation, self.held.lease, &lost.key, id.clone()).await;
                settled.map_err(|error| self.lost(error))?;
                self.held.claimed.insert(id.clone());
                self.decide_fate(index, Fate::AlreadyPresent(id));
                continue;
            }
            let pending = self.inner.absence_counts_after().saturating_sub(until(lost.at, looked_at));
            match (seen, index) {
                // Nobody will ever know, and at most once beats at least once.
                (Sighting::Ambiguous, Some(_)) => self.decide_fate(index, Fate::Unknown),
                _ if !pending.is_zero() => {
                    let message = "it is too early to tell whether an earlier message was written";
                    return Err(Error::retry(Reason::OutcomePending, message, pending));
                }
                (Sighting::Ambiguous, None) => {}
                (Sighting::Absent | Sighting::Found(_), _) => {
                    let settled = handshakes.not_sent(conversation, self.held.lease, &lost.key).await;
                    settled.map_err(|error| self.lost(error))?;
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self, index: usize, to: Vec<String>, contact_id: Option<String>) -> Result<Next, Error> {
        let handshakes = &self.inner.ports.handshakes;
        let conversation = &self.request.pair.conversation;
        let Outgoing { item, post } = &self.outgoing[index];
        let (lease, last_id) = (self.held.lease, self.last_id.clone());
        // From before the announcement: whoever takes over counts from there.
        let deadline = self.soon();
        let announced =
            handshakes.announce(conversation, lease, item.clone(), last_id.clone(), self.inner.hold_for()).await;
        match announced {
            Ok(()) => {}
            Err(StoreError::Fenced(_)) => {
                self.note(Note::LeaseLost);
                return Ok(Next::Stop);
            }
            Err(error) => return Err(self.inner.store_error(error)),
        }
        let post = Post { to, contact_id, ..post.clone() };
        match self.inner.ports.conversations.post(conversation, &post, deadline).await {
            Ok(id) => self.wrote(index, id).await,
            Err(error) if error.outcome_unknown() => {
                // Only the fingerprint and the position matter for finding it.
                let lost = Unsettled {
                    key: item.key.clone(),
                    fingerprint: item.fingerprint,
                    at: Timestamp::MIN,
                    after: last_id,
                };
                let lines = self.transcript().await.ok().flatten().unwrap_or_default();
                if let Sighting::Found(id) = look_for(&lines, &lost, &self.held.claimed) {
                    return self.wrote(index, id).await;
                }
                self.decide_fate(Some(index), Fate::Unknown);
                Ok(Next::Stop)
            }
            Err(error) => {
                let settled = handshakes.not_sent(conversation, lease, &item.key).await;
                settled.map_err(|error| self.lost(error))?;
                let moved = matches!(error, UpstreamError::Conflict | UpstreamError::NotFound);
                if moved && self.read().await?.is_none_or(|snapshot| !self.inner.takes_messages(&snapshot)) {
                    return Ok(Next::Refused);
                }
                Err(match error {
                    UpstreamError::Rejected { status: 400 | 413 | 422 } => self.request.rejected(index),
                    error => upstream::error(&error),
                })
            }
        }
    }

    async fn wrote(&mut self, index: usize, id: String) -> Result<Next, Error> {
        let key = &self.outgoing[index].item.key;
        let recorded =
            self.inner.ports.handshakes.written(&self.request.pair.conversation, self.held.lease, key, id.clone());
        match recorded.await {
            Ok(()) => {}
            Err(StoreError::Fenced(_)) => {
                // It is written all the same; whoever took over finds it in the transcript.
                self.note(Note::LeaseLost);
                self.decide_fate(Some(index), Fate::Injected(id));
                return Ok(Next::Stop);
            }
            Err(error) => return Err(self.inner.store_error(error)),
        }
        self.held.claimed.insert(id.clone());
        self.last_id = Some(id.clone());
        self.decide_fate(Some(index), Fate::Injected(id));
        Ok(Next::Continue)
    }

    fn decide_fate(&mut self, index: Option<usize>, fate: Fate) {
        if let Some(index) = index {
            self.fates[index] = Some(fate);
        }
    }

    fn unsettled_are_unknown(&mut self) {
        for lost in std::mem::take(&mut self.held.unsettled) {
            let index = self.outgoing.iter().position(|outgoing| outgoing.item.key == lost.key);
            self.decide_fate(index, Fate::Unknown);
        }
    }

    async fn read(&self) -> Result<Option<Snapshot>, Error> {
        let reading = self.inner.ports.conversations.read(&self.request.pair.conversation, self.soon()).await;
        Ok(reading.map_err(|error| upstream::read_error(&error))?.found)
    }

    async fn transcript(&self) -> Result<Option<Vec<Line>>, UpstreamError> {
        self.inner.ports.conversations.transcript(&self.request.pair.conversation, self.soon()).await
    }

    fn soon(&self) -> Instant {
        Instant::now() + self.inner.rules.call_timeout
    }

    /// A step that the store refuses, perhaps because another took over.
    fn lost(&self, error: StoreError) -> Error {
        if matches!(error, StoreError::Fenced(_)) {
            self.note(Note::LeaseLost);
        }
        self.inner.store_error(error)
    }

    fn note(&self, note: Note) {
        self.inner.audit(self.caller, &self.request.pair, Some(self.request.handshake), Event::Noted(note));
    }
}
