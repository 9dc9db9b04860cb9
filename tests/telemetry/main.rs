//! What operators see of a service that runs: its metrics, its logs and its traces.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod collector;
mod metrics;
mod report;
#[path = "../support/redis/mod.rs"]
mod servers;
#[allow(dead_code, unused_imports, reason = "shared with the tests of the API")]
#[path = "../it/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with the tests of the API")]
#[path = "../it/topology/alone.rs"]
mod topology;
mod traces;
