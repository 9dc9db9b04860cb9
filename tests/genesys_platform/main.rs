//! The platform profile's adapter against a simulated Genesys Cloud, each request held against the platform's own description.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what they expect by failing, and what they counted"
)]

mod described;
#[path = "../genesys-sim/tests/it/schema.rs"]
#[expect(dead_code, reason = "answers are checked beside the simulator")]
mod schema;
mod support;

mod failures;
mod marker;
mod metadata;
mod mirror;
mod reading;
mod refusals;
