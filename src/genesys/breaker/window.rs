//! How the calls of the last twenty seconds went, counted by slices of time.

use std::time::Duration;

/// A window moves by a slice at a time.
const SLICE: Duration = Duration::from_secs(2);
const SLICES: usize = 10;

/// See the module. Times count from any one beginning.
#[derive(Debug, Default)]
pub(super) struct Window {
    slices: [Slice; SLICES],
}

#[derive(Debug, Clone, Copy, Default)]
struct Slice {
    /// Which slice since the beginning it is: its place holds every tenth in turn.
    number: usize,
    calls: u32,
    failures: u32,
}

// === impl Window ===

impl Window {
    pub(super) fn note(&mut self, now: Duration, failed: bool) {
        let number = number(now);
        let slice = &mut self.slices[number % SLICES];
        if slice.number != number {
            *slice = Slice { number, ..Slice::default() };
        }
        slice.calls = slice.calls.saturating_add(1);
        slice.failures = slice.failures.saturating_add(u32::from(failed));
    }

    /// Calls and, among them, failures.
    pub(super) fn totals(&self, now: Duration) -> (u32, u32) {
        let now = number(now);
        self.slices.iter().filter(|slice| slice.number + SLICES > now).fold((0, 0), |(calls, failures), slice| {
            (calls.saturating_add(slice.calls), failures.saturating_add(slice.failures))
        })
    }
}

fn number(now: Duration) -> usize {
    usize::try_from(now.as_secs() / SLICE.as_secs()).unwrap_or(usize::MAX / 2)
}
