//! What every handshake store must do. Each case is written once, speaks to the port alone, and runs on every store.
//!
//! A case sees time through the harness only: it may let time pass, and ask the store what time it is. Its margins are wide,
//! because a store that lives elsewhere counts real milliseconds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

#[macro_use]
mod harness;
mod given;
#[path = "../support/redis/mod.rs"]
mod servers;
mod steps;

mod apart;
mod confirming;
mod credit;
mod crowds;
mod drops;
mod failing;
mod forgotten;
mod glimpses;
mod injecting;
mod leading;
mod ledger;
mod lost_writes;
mod memory_only;
mod mirroring;
mod mirroring_agrees;
mod mirroring_bounds;
mod mirroring_feeds;
mod mirroring_redis;
mod model;
mod recording;
mod redis_only;
mod registering;
mod replaying;
mod superseding;
mod tabs;
mod token_lines;
mod viewing;
mod waking;
