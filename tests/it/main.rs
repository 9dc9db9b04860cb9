//! The real service and a simulated Genesys Cloud, met through the public gRPC API.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_input;
mod browsers;
mod budget;
mod coalescing;
mod confirming;
mod deadline;
mod degraded;
mod doors;
mod faults;
mod injecting;
mod invariants;
mod json;
mod order;
mod outage;
mod platform;
mod recording;
mod registry;
#[path = "../support/redis/mod.rs"]
mod servers;
mod support;
mod surface;
mod tabs;
mod times;
#[path = "topology/alone.rs"]
mod topology;
mod upstream;
