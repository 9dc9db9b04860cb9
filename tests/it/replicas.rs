//! The same cases as `main.rs` asks one service, asked of two replicas that share a Redis server: every call goes to the other
//! one of them.
//!
//! Left out is what a replica does alone, whatever it shares: how it takes bad input (`bad_input`, `times`), how it speaks plain HTTP (`json`), what it makes of
//! Genesys' answers (`upstream`), how it is watched and stopped (`surface`). And `budget` and `outage`: each replica has a
//! budget and circuits of its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod coalescing;
mod confirming;
mod deadline;
mod faults;
mod injecting;
mod invariants;
mod order;
mod recording;
mod registry;
#[path = "../support/redis/mod.rs"]
mod servers;
#[allow(dead_code, reason = "the cases left out ask for more")]
mod support;
mod tabs;
#[path = "topology/replicas.rs"]
mod topology;
