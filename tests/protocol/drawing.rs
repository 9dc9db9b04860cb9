//! How random cases are drawn, and how they name what happened before.

use proptest::prelude::*;

pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

/// Picks the newest (0), the one before (1), and so on.
pub(crate) fn back<T>(all: &[T], back: usize) -> Option<&T> {
    all.len().checked_sub(1 + back).map(|index| &all[index])
}

pub(crate) fn newest_mostly() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0_usize), 2 => Just(1_usize), 1 => 0_usize..6]
}
