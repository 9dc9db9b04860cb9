//! Which tab of a pair is ACTIVE.

use super::ids::TabId;

/// The part a tab plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TabRole {
    /// Holds the WebSocket.
    Active,
    /// Waits until the customer closes the active one, or takes over.
    Suspended,
}

/// A tab's part, as of an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Seat {
    /// The part; none for a caller that is no tab.
    pub role: Option<TabRole>,
    /// Grows with every change of the ACTIVE tab; zero before the first.
    pub epoch: u64,
}

/// The tabs of one pair. Only the ACTIVE one is kept: all others are SUSPENDED by not being it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tabs {
    active: Option<TabId>,
    epoch: u64,
}

impl Tabs {
    /// Seats a caller: the first tab ever seen becomes ACTIVE.
    pub fn seat(&mut self, tab: Option<&TabId>) -> Seat {
        if let (None, Some(tab)) = (&self.active, tab) {
            self.take_over(tab);
        }
        self.look(tab)
    }

    /// The part a tab plays now.
    pub fn look(&self, tab: Option<&TabId>) -> Seat {
        let role = tab.map(|tab| if self.active.as_ref() == Some(tab) { TabRole::Active } else { TabRole::Suspended });
        Seat { role, epoch: self.epoch }
    }

    /// Makes a tab the ACTIVE one. Taking over from oneself changes nothing, so that a repeat after a lost answer is safe.
    pub fn take_over(&mut self, tab: &TabId) -> Seat {
        if self.active.as_ref() != Some(tab) {
            self.active = Some(tab.clone());
            self.epoch += 1;
        }
        self.look(Some(tab))
    }

    /// Whether a tab speaks for the pair: it is the ACTIVE one and knows the current epoch.
    pub fn speaks(&self, tab: &TabId, epoch: u64) -> bool {
        self.active.as_ref() == Some(tab) && self.epoch == epoch
    }
}
