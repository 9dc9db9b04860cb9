//! What is kept of one conversation: everything that was told of it, joined, and whether that is enough to go by.
//!
//! **Enough.** What was told is enough once the whole conversation was told: the beginning of its customer's leg is not taken
//! for that, because a conversation that is opened again has such a beginning, too, and legs from before. It is not enough
//! while in doubt: an event said so, or told of one leg. Whatever the platform does to a conversation, it does to several legs
//! at once (an agent's leg ends, a queue's begins), and each has an event of its own: between the first of them and the last,
//! what is known was never true. A whole conversation of that time or later ends the doubt. Nor is it enough where a transfer
//! makes a difference that nobody told of.
//!
//! **Fresh.** It is gone by for as long as a feed that covers it is heard, and otherwise for as long as the whole conversation
//! is young, by both clocks, if events come by other ways than feeds.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::parts::{KnownLeg, KnownTransfer, Told, join_text};
use super::{Feed, Fresh, MaxAge, News, Recalled, handover};
use crate::domain::ids::ConversationId;
use crate::domain::legs::{Leg, LegState, Legs, Purpose, Transfer};
use crate::domain::time::{after, until};

/// However long a feed goes on, a conversation is read again after this long: an event that the platform never sent would
/// otherwise be missed for ever.
pub const WHOLE_LASTS: Duration = Duration::from_mins(30);
/// How long a message counts as not seen: as long as the platform goes on with a conversation.
pub const UNSEEN_FOR: Duration = Duration::from_hours(72);
/// How long an entry is kept after the last that was new. Older than that it is not gone by; but while it is kept, a read that
/// was overtaken by events does not make them undone.
pub const KEPT_FOR: Duration = Duration::from_hours(1);
/// Far more legs than a conversation has.
pub const MOST_LEGS: usize = 200;
/// As many transfers as the platform tells.
pub const MOST_TRANSFERS: usize = 20;
/// Bytes of all texts of the legs, transfers and attributes together.
pub const MOST_BYTES: usize = 64 * 1024;
/// Messages that were not seen, the latest of them.
pub const MOST_UNSEEN: usize = 100;

/// What is kept of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its legs, by their ids.
    pub legs: BTreeMap<String, KnownLeg>,
    /// Its transfers, by their ids.
    pub transfers: BTreeMap<String, KnownTransfer>,
    /// Its attributes.
    pub attributes: Option<Told<BTreeMap<String, String>>>,
    /// The latest of the tellings of the whole conversation.
    pub whole: Option<Stamp>,
    /// The latest feed that covers it.
    pub cover: Option<Cover>,
    /// When something last happened of which not all was told.
    pub doubt: Option<Timestamp>,
    /// When the customer last wrote.
    pub wrote: Option<Timestamp>,
    /// The messages that the customer has not seen, and their times.
    pub unseen: BTreeMap<String, Timestamp>,
}

/// The times of a telling. Told twice, it is as old as the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// By the platform.
    pub of: Timestamp,
    /// By the store.
    pub told: Timestamp,
}

/// A feed, and the whole conversation that was told in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover {
    /// The feed.
    pub feed: Feed,
    /// The telling.
    pub whole: Stamp,
}

// === impl Entry ===

impl Entry {
    /// An entry of which nothing is known but that something is missing.
    pub fn in_doubt(since: Option<Timestamp>) -> Self {
        Self { doubt: since, ..Self::default() }
    }

    /// Takes what is told. `now` is the store's time.
    pub fn take(&mut self, news: &News, now: Timestamp) {
        match news {
            News::Whole { legs, as_of, feed } => self.take_whole(legs, Stamp { of: *as_of, told: now }, *feed),
            News::Change { at, leg, .. } => {
                self.doubt = self.doubt.max(Some(*at));
                self.take_leg(leg, KnownLeg::changed(leg, *at));
            }
            News::Undelivered { messages, .. } => {
                for (id, at) in messages {
                    let known = self.unseen.entry(id.clone()).or_insert(*at);
                    *known = (*known).max(*at);
                }
            }
            News::Doubt { at, .. } => self.doubt = self.doubt.max(Some(*at)),
        }
        self.keep_bounds();
    }

    /// What can be told of it, at the store's time `now`. `feed` is the one that lasts, and when it was last heard.
    pub fn recall(
        &self,
        conversation: &ConversationId,
        feed: Option<(Feed, Timestamp)>,
        max_age: MaxAge,
        now: Timestamp,
    ) -> Recalled {
        let as_of = self.whole.filter(|_| self.is_fresh(feed, max_age, now)).map(|whole| whole.of);
        let fresh = as_of.map(|as_of| Fresh { legs: self.known_legs(conversation), as_of, now });
        let mut unseen: Vec<_> = self.unseen.iter().filter(|(_, at)| now < after(**at, UNSEEN_FOR)).collect();
        unseen.sort_by_key(|(_, at)| **at);
        Recalled { fresh, undelivered: unseen.into_iter().map(|(id, _)| id.clone()).collect() }
    }

    /// How long it is worth keeping.
    pub fn kept_for(&self, now: Timestamp) -> Duration {
        let unseen = self.unseen.values().max().map(|at| until(now, after(*at, UNSEEN_FOR)));
        unseen.unwrap_or_default().clamp(KEPT_FOR, UNSEEN_FOR)
    }

    fn take_whole(&mut self, legs: &Legs, stamp: Stamp, feed: Option<Feed>) {
        later(&mut self.whole, stamp, Stamp::weight);
        if let Some(feed) = feed {
            later(&mut self.cover, Cover { feed, whole: stamp }, Cover::weight);
        }
        for (place, leg) in legs.all.iter().enumerate() {
            self.take_leg(leg, KnownLeg::placed(leg, place, stamp.of));
        }
        for transfer in &legs.transfers {
            self.take_transfer(transfer, stamp.of);
        }
        join_text(&mut self.attributes, Some(Told { fact: legs.attributes.clone(), at: stamp.of }));
    }

    fn take_leg(&mut self, leg: &Leg, told: KnownLeg) {
        // An end is no word of the customer's.
        if leg.purpose == Purpose::Customer && told.doing.state != LegState::Ended {
            self.wrote = self.wrote.max(leg.changed);
        }
        if let Some(known) = self.legs.get_mut(&leg.id) {
            known.join(told);
        } else {
            self.legs.insert(leg.id.clone(), told);
        }
    }

    fn take_transfer(&mut self, transfer: &Transfer, as_of: Timestamp) {
        let told = KnownTransfer::of(transfer, as_of);
        if let Some(known) = self.transfers.get_mut(&transfer.id) {
            known.join(told);
        } else {
            self.transfers.insert(transfer.id.clone(), told);
        }
    }

    fn keep_bounds(&mut self) {
        self.unseen.retain(|_, at| self.wrote.is_none_or(|wrote| wrote <= *at));
        keep_latest(&mut self.unseen, MOST_UNSEEN, |at| *at);
        keep_latest(&mut self.transfers, MOST_TRANSFERS, |transfer| transfer.issued);
        if self.legs.len() > MOST_LEGS || self.bytes() > MOST_BYTES {
            let doubt = self.whole.map(|whole| whole.of).max(self.doubt);
            let unseen = std::mem::take(&mut self.unseen);
            *self = Self { wrote: self.wrote, unseen, ..Self::in_doubt(doubt) };
        }
    }

    fn bytes(&self) -> usize {
        let legs = self.legs.iter().map(|(id, leg)| id.len() + leg.bytes());
        let transfers = self.transfers.iter().map(|(id, transfer)| id.len() + transfer.bytes());
        let attributes =
            self.attributes.iter().flat_map(|told| &told.fact).map(|(name, value)| name.len() + value.len());
        legs.chain(transfers).chain(attributes).sum()
    }

    fn is_fresh(&self, feed: Option<(Feed, Timestamp)>, max_age: MaxAge, now: Timestamp) -> bool {
        let Some(whole) = self.whole.filter(|whole| self.doubt <= Some(whole.of)) else { return false };
        if handover::is_unclear(&self.legs, &self.transfers) {
            return false;
        }
        let covered = self.cover.zip(feed).filter(|(cover, (feed, _))| cover.feed == *feed);
        if covered.is_some_and(|(cover, (_, heard))| {
            is_young(heard, max_age.heard, now) && is_young(cover.whole.told, WHOLE_LASTS, now)
        }) {
            return true;
        }
        !max_age.told.is_zero() && whole.is_young(max_age.told, now)
    }

    fn known_legs(&self, conversation: &ConversationId) -> Legs {
        let mut legs: Vec<_> = self.legs.iter().collect();
        // One that no whole conversation shows is newer than those it shows.
        legs.sort_by_key(|(_, leg)| (leg.place.unwrap_or(usize::MAX), leg.started));
        let mut transfers: Vec<_> = self.transfers.iter().collect();
        transfers.sort_by_key(|(_, transfer)| transfer.issued);
        Legs {
            conversation: conversation.clone(),
            all: legs.into_iter().map(|(id, leg)| leg.leg(id)).collect(),
            transfers: transfers.into_iter().map(|(id, transfer)| transfer.transfer(id)).collect(),
            attributes: self.attributes.as_ref().map(|told| told.fact.clone()).unwrap_or_default(),
        }
    }
}

// === impl Stamp ===

impl Stamp {
    fn weight(&self) -> (Timestamp, Reverse<Timestamp>) {
        (self.of, Reverse(self.told))
    }

    /// By both clocks. The platform's may be ahead; then the store's decides.
    fn is_young(&self, max_age: Duration, now: Timestamp) -> bool {
        is_young(self.told, max_age, now) && now <= after(self.of, max_age)
    }
}

// === impl Cover ===

impl Cover {
    fn weight(&self) -> (Feed, (Timestamp, Reverse<Timestamp>)) {
        (self.feed, self.whole.weight())
    }
}

fn later<T, K: Ord>(known: &mut Option<T>, told: T, weight: impl Fn(&T) -> K) {
    if known.as_ref().is_none_or(|known| weight(&told) > weight(known)) {
        *known = Some(told);
    }
}

/// By the store's clock. What it has not come to yet was told before it was set back, and nobody knows when.
fn is_young(told: Timestamp, max_age: Duration, now: Timestamp) -> bool {
    (told..=after(told, max_age)).contains(&now)
}

/// Leaves the greatest, the later name among equals.
fn keep_latest<V, K: Ord>(all: &mut BTreeMap<String, V>, most: usize, age: impl Fn(&V) -> K) {
    while all.len() > most {
        let Some(least) = all.iter().min_by_key(|(_, value)| age(value)).map(|(id, _)| id.clone()) else { return };
        all.remove(&least);
    }
}
