//! The protocol as an explicit-state model: the domain's own rules under every interleaving of two replicas, their callers,
//! a crash, a lost answer and the time, within the bounds that each scene states.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what they expect by failing"
)]

mod checking;
mod given;
#[path = "../support/invariants/mod.rs"]
mod invariants;
mod scene;
mod sights;
mod world;

mod counting;
mod forgetting;
mod mutants;
mod resuming;
mod whole;
mod writing;
