//! Legs and transfers as far as they are known, each joined from all that was told of it.
//!
//! A join takes the greater of two by an order that depends on what was told and not on when it came. So what is known in the
//! end is the same whatever came first, and however often.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::domain::legs::{Disconnect, Leg, LegState, Purpose, Transfer, TransferState};

/// A fact, and the platform's time at which it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// What was told.
    pub fact: T,
    /// When.
    pub at: Timestamp,
}

/// What a leg is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doing {
    /// The state.
    pub state: LegState,
    /// When the leg had last changed then.
    pub changed: Option<Timestamp>,
    /// When it was told.
    pub at: Timestamp,
}

/// What a leg is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The purpose.
    pub purpose: Purpose,
    /// Whether the whole conversation told it, which knows a supervisor from an agent.
    pub by_whole: bool,
    /// When it was told.
    pub at: Timestamp,
}

/// One leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLeg {
    /// What it is there for.
    pub part: Part,
    /// What it is doing.
    pub doing: Doing,
    /// How it ended.
    pub disconnect: Option<Told<Disconnect>>,
    /// When it began, by the earliest that was told.
    pub started: Option<Timestamp>,
    /// When it ended, by the earliest that was told: an end is told again, and never taken back.
    pub ended: Option<Timestamp>,
    /// The latest that any telling named.
    pub changed: Option<Timestamp>,
    /// The user behind it.
    pub user_id: Option<Told<String>>,
    /// Its queue.
    pub queue_id: Option<Told<String>>,
    /// The external contact behind it.
    pub contact_id: Option<Told<String>>,
    /// Its place in the platform's order, as far as that was told.
    pub place: Option<usize>,
}

/// One transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTransfer {
    /// How far it has come.
    pub state: TransferState,
    /// When it was asked for.
    pub issued: Option<Timestamp>,
    /// The user who hands over.
    pub from_user: Option<Told<String>>,
    /// The user it is for.
    pub to_user: Option<Told<String>>,
    /// The queue it is for.
    pub to_queue: Option<Told<String>>,
}

// === impl KnownLeg ===

impl KnownLeg {
    /// A leg as a change tells it.
    pub(super) fn changed(leg: &Leg, at: Timestamp) -> Self {
        let over = leg.state == LegState::Ended || leg.ended.is_some();
        let text = |text: &Option<String>| text.clone().map(|fact| Told { fact, at });
        Self {
            part: Part { purpose: leg.purpose, by_whole: false, at },
            doing: Doing { state: if over { LegState::Ended } else { leg.state }, changed: leg.changed, at },
            disconnect: leg.disconnect.map(|fact| Told { fact, at }),
            started: leg.started,
            ended: leg.ended,
            changed: leg.changed,
            user_id: text(&leg.user_id),
            queue_id: text(&leg.queue_id),
            contact_id: text(&leg.contact_id),
            place: None,
        }
    }

    /// A leg as it stands in a whole conversation.
    pub(super) fn placed(leg: &Leg, place: usize, as_of: Timestamp) -> Self {
        let changed = Self::changed(leg, as_of);
        let part = Part { by_whole: true, ..changed.part };
        Self { part, place: Some(place), ..changed }
    }

    pub(super) fn join(&mut self, told: Self) {
        if told.part.weight() > self.part.weight() {
            self.part = told.part;
        }
        if told.doing.weight() > self.doing.weight() {
            self.doing = told.doing;
        }
        join(&mut self.disconnect, told.disconnect, |a, b| how_telling(a).cmp(&how_telling(b)));
        self.started = earlier(self.started, told.started);
        self.ended = earlier(self.ended, told.ended);
        self.changed = self.changed.max(told.changed);
        join_text(&mut self.user_id, told.user_id);
        join_text(&mut self.queue_id, told.queue_id);
        join_text(&mut self.contact_id, told.contact_id);
        self.place = self.place.into_iter().chain(told.place).min();
    }

    /// The leg, in domain words.
    pub(super) fn leg(&self, id: &str) -> Leg {
        Leg {
            id: id.to_owned(),
            purpose: self.part.purpose,
            state: self.doing.state,
            disconnect: self.disconnect.as_ref().map(|told| told.fact),
            started: self.started,
            ended: self.ended,
            changed: self.changed,
            user_id: self.user_id.as_ref().map(fact),
            queue_id: self.queue_id.as_ref().map(fact),
            contact_id: self.contact_id.as_ref().map(fact),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        bytes([&self.user_id, &self.queue_id, &self.contact_id])
    }
}

// === impl KnownTransfer ===

impl KnownTransfer {
    pub(super) fn of(transfer: &Transfer, as_of: Timestamp) -> Self {
        let text = |text: &Option<String>| text.clone().map(|fact| Told { fact, at: as_of });
        Self {
            state: transfer.state,
            issued: transfer.issued,
            from_user: text(&transfer.from_user),
            to_user: text(&transfer.to_user),
            to_queue: text(&transfer.to_queue),
        }
    }

    pub(super) fn join(&mut self, told: Self) {
        self.state = self.state.max(told.state);
        self.issued = self.issued.max(told.issued);
        join_text(&mut self.from_user, told.from_user);
        join_text(&mut self.to_user, told.to_user);
        join_text(&mut self.to_queue, told.to_queue);
    }

    pub(super) fn transfer(&self, id: &str) -> Transfer {
        Transfer {
            id: id.to_owned(),
            state: self.state,
            issued: self.issued,
            from_user: self.from_user.as_ref().map(fact),
            to_user: self.to_user.as_ref().map(fact),
            to_queue: self.to_queue.as_ref().map(fact),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        bytes([&self.from_user, &self.to_user, &self.to_queue])
    }
}

// === impl Doing ===

impl Doing {
    /// An end outweighs all; whoever was taken is not offered again; between connected and parked the later decides, which is
    /// not always the later change: whoever is taken up again shows no trace of having been parked. A word that nobody knows
    /// tells nothing.
    fn weight(&self) -> (u8, Option<Timestamp>, Option<Timestamp>, Timestamp, u8) {
        let (rank, among_equals) = match self.state {
            LegState::Unknown => (0, 0),
            LegState::Alerting => (1, 0),
            LegState::Connected => (2, 0),
            LegState::Parked => (2, 1),
            LegState::Ended => (3, 0),
        };
        (rank, self.changed.max(Some(self.at)), self.changed, self.at, among_equals)
    }
}

// === impl Part ===

impl Part {
    fn weight(&self) -> (bool, Timestamp, u8) {
        let among_equals = match self.purpose {
            Purpose::Other => 0,
            Purpose::Customer => 1,
            Purpose::Agent => 2,
            Purpose::Acd => 3,
            Purpose::Flow => 4,
            Purpose::Bot => 5,
            Purpose::Api => 6,
        };
        (self.by_whole, self.at, among_equals)
    }
}

/// The later telling, but a word that is known before one that is not.
fn how_telling(told: &Told<Disconnect>) -> (bool, Timestamp, u8) {
    let among_equals = match told.fact {
        Disconnect::Unknown => 0,
        Disconnect::Other => 1,
        Disconnect::Transfer => 2,
        Disconnect::NoAnswer => 3,
        Disconnect::NotAvailable => 4,
        Disconnect::Inactivity => 5,
        Disconnect::SessionExpired => 6,
        Disconnect::Spam => 7,
    };
    (told.fact != Disconnect::Unknown, told.at, among_equals)
}

fn join<T>(known: &mut Option<Told<T>>, told: Option<Told<T>>, order: impl Fn(&Told<T>, &Told<T>) -> Ordering) {
    let is_greater = |told: &Told<T>| known.as_ref().is_none_or(|known| order(told, known).is_gt());
    if told.as_ref().is_some_and(is_greater) {
        *known = told;
    }
}

/// The later telling; what a later one leaves out is not lost.
pub(super) fn join_text<T: Ord>(known: &mut Option<Told<T>>, told: Option<Told<T>>) {
    join(known, told, |a, b| (a.at, &a.fact).cmp(&(b.at, &b.fact)));
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}

fn fact(told: &Told<String>) -> String {
    told.fact.clone()
}

fn bytes(texts: [&Option<Told<String>>; 3]) -> usize {
    texts.into_iter().flatten().map(|told| told.fact.len()).sum()
}
