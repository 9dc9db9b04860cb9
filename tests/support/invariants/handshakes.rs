//! Invariants 1, 2 and 10: one read, one decision, one ACTIVE tab.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invariant, Name, Observed, Seat, Violation};

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Handshakes {
    reads: usize,
    /// How many reads heartbeats and troubles allow.
    extra_reads: usize,
    /// The decision of each handshake, once it was told.
    opened: BTreeMap<Name, Option<String>>,
    /// The ACTIVE tab of each epoch, once it was told.
    active: BTreeMap<u64, Name>,
    /// Who was SUSPENDED in which epoch.
    suspended: BTreeSet<(u64, Name)>,
}

impl Handshakes {
    pub(super) fn observe(&mut self, observed: &Observed, found: &mut Vec<Violation>) {
        match observed {
            Observed::Opened(name) => drop(self.opened.entry(name.clone()).or_default()),
            Observed::Read => self.reads += 1,
            Observed::Heartbeat | Observed::Trouble => self.extra_reads += 1,
            Observed::Validated { tab, handshake, decision, seat } => {
                if let Some(handshake) = handshake {
                    self.decided(handshake, decision, found);
                }
                if let (Some(tab), Some(seat)) = (tab, seat) {
                    self.seated(tab, *seat, found);
                }
            }
            Observed::LetIn { tab, epoch } => self.let_in(tab, *epoch, found),
            _ => {}
        }
    }

    pub(super) fn reads_too_many(&self, losses: usize) -> usize {
        self.reads.saturating_sub(self.opened.len() + self.extra_reads + losses)
    }

    fn decided(&mut self, handshake: &Name, decision: &str, found: &mut Vec<Violation>) {
        let first = self.opened.entry(handshake.clone()).or_default();
        let first = first.get_or_insert_with(|| decision.to_owned());
        if first != decision {
            found.push(Invariant::OneDecision.broken(format!("{handshake} is both {first} and {decision}")));
        }
    }

    fn seated(&mut self, tab: &Name, seat: Seat, found: &mut Vec<Violation>) {
        if seat.active {
            let first = self.active.entry(seat.epoch).or_insert_with(|| tab.clone());
            if first != tab {
                let what = format!("{first} and {tab} are both ACTIVE in epoch {}", seat.epoch);
                found.push(Invariant::OneActiveTab.broken(what));
            }
        } else {
            self.suspended.insert((seat.epoch, tab.clone()));
        }
        if self.active.get(&seat.epoch) == Some(tab) && self.suspended.contains(&(seat.epoch, tab.clone())) {
            let what = format!("{tab} is both ACTIVE and SUSPENDED in epoch {}", seat.epoch);
            found.push(Invariant::OneActiveTab.broken(what));
        }
    }

    /// Who writes is the ACTIVE tab of the newest epoch that anybody knows of.
    fn let_in(&mut self, tab: &Name, epoch: u64, found: &mut Vec<Violation>) {
        let newest = self.active.last_key_value();
        if newest.is_some_and(|(newest, active)| *newest > epoch || (*newest == epoch && active != tab)) {
            let what = format!("{tab} was let in with epoch {epoch}, but {newest:?} is ACTIVE");
            found.push(Invariant::OneActiveTab.broken(what));
        }
    }
}
