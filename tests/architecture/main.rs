//! Which room of `src/` may know which: an import in a forbidden direction fails, with its file, line and rule named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

mod check;
mod paths;
mod sources;
mod words;

mod rules;
mod snippets;
