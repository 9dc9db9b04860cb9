//! Invariant 3: the count; and its half of invariant 5.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invariant, Name, Observed, Violation};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Count {
    base: u32,
    /// What stands beside the conversation, and the most that ever did.
    standing: u32,
    highest: u32,
    /// The times of each count that was written: one, unless the store lost data.
    times: BTreeMap<u32, BTreeSet<String>>,
    lost: bool,
    attached: bool,
    asked: BTreeSet<Name>,
    confirmed: BTreeMap<Name, u32>,
}

impl Count {
    pub(super) fn from(base: u32) -> Self {
        let (times, asked, confirmed) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Self { base, standing: base, highest: base, times, lost: false, attached: false, asked, confirmed }
    }

    /// How many resumptions were counted.
    pub(super) fn grown(&self) -> usize {
        self.highest.saturating_sub(self.base) as usize
    }

    /// How many were counted when this handshake was, if it is known to be confirmed.
    pub(super) fn grown_with(&self, handshake: &Name) -> Option<usize> {
        self.confirmed.get(handshake).map(|count| count.saturating_sub(self.base) as usize)
    }

    /// Whether this handshake may have been confirmed, though nobody was told.
    pub(super) fn may_be_confirmed(&self, handshake: &Name) -> bool {
        self.asked.contains(handshake)
    }

    pub(super) fn observe(&mut self, observed: &Observed, found: &mut Vec<Violation>) {
        match observed {
            // A write that nobody knows of any more may land late, and say the same count with its own time.
            Observed::Lost => self.lost = true,
            Observed::Attached => self.attached = true,
            Observed::ConfirmAsked(handshake) => drop(self.asked.insert(handshake.clone())),
            Observed::CountWritten { count, time } => self.written(*count, time, found),
            Observed::Confirmed { handshake, count, time } => self.confirmed(handshake, *count, time, found),
            _ => {}
        }
    }

    pub(super) fn finish(&self, found: &mut Vec<Violation>) {
        let confirmed = self.confirmed.len();
        // Each that was asked for and is not known to be confirmed may be: its answer was lost.
        let grown = self.standing.saturating_sub(self.base) as usize;
        let all_known = self.asked.iter().all(|asked| self.confirmed.contains_key(asked));
        if grown < confirmed || (all_known && grown > confirmed) {
            found.push(Invariant::OneCount.broken(format!("grew by {grown} for {confirmed} confirmed")));
        }
    }

    fn written(&mut self, count: u32, time: &str, found: &mut Vec<Violation>) {
        let mut broken = |what: String| found.push(Invariant::OneCount.broken(what));
        if count < self.standing {
            broken(format!("fell from {} to {count}", self.standing));
        }
        if count > self.highest.saturating_add(1) {
            broken(format!("jumped from {} to {count}", self.highest));
        }
        let times = self.times.entry(count).or_default();
        times.insert(time.to_owned());
        if times.len() > 1 && !self.lost {
            broken(format!("count {count} has several times, {times:?}"));
        }
        self.standing = count;
        self.highest = self.highest.max(count);
        if self.grown() > self.asked.len() {
            broken(format!("grew by {} for {} to be confirmed", self.grown(), self.asked.len()));
        }
        if !self.attached {
            found.push(
                Invariant::ConfirmedFirst.broken(format!("count {count} was written before the customer is back")),
            );
        }
    }

    fn confirmed(&mut self, handshake: &Name, count: u32, time: &str, found: &mut Vec<Violation>) {
        let mut broken = |what: String| found.push(Invariant::OneCount.broken(what));
        let first = *self.confirmed.entry(handshake.clone()).or_insert(count);
        if first != count {
            broken(format!("{handshake} counts both as {first} and as {count}"));
        }
        if let Some((other, _)) = self.confirmed.iter().find(|(other, same)| **same == count && *other != handshake) {
            broken(format!("{handshake} and {other} both count as {count}"));
        }
        match self.times.get(&count) {
            None => broken(format!("{handshake} is confirmed with {count}, which was never written")),
            Some(written) if !written.contains(time) => {
                broken(format!("{handshake} is confirmed at {time}, but {written:?} was written"));
            }
            Some(_) => {}
        }
        if !self.asked.contains(handshake) {
            broken(format!("{handshake} is confirmed, and nobody asked for it"));
        }
    }
}
