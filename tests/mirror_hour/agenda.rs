//! What is to come, in the order of its times.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// What is to come, the next first; of one millisecond, in the order in which it was added.
pub(crate) struct Agenda<T> {
    order: BinaryHeap<Reverse<(u64, u64, usize)>>,
    entries: Vec<Option<T>>,
    free: Vec<usize>,
    serial: u64,
}

// === impl Agenda ===

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self { order: BinaryHeap::new(), entries: Vec::new(), free: Vec::new(), serial: 0 }
    }

    pub(crate) fn add(&mut self, at: Duration, entry: T) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            self.entries.len() - 1
        });
        self.entries[place] = Some(entry);
        self.serial += 1;
        // In whole milliseconds, as the clock goes.
        self.order.push(Reverse((u64::try_from(at.as_millis()).unwrap(), self.serial, place)));
    }

    /// The next before this time.
    pub(crate) fn next(&mut self, end: Duration) -> Option<(Duration, T)> {
        let Reverse((at, _, _)) = self.order.peek()?;
        let at = Duration::from_millis(*at);
        if at >= end {
            return None;
        }
        let Reverse((_, _, place)) = self.order.pop()?;
        self.free.push(place);
        Some((at, self.entries[place].take()?))
    }
}
