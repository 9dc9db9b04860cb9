//! Real processes that die, freeze or are cut off in the middle of their work, while another replica goes on.
//!
//! The product holds no failpoints: proxies between a replica and its neighbours hold the one request or answer at which it is
//! to be hit. What counts in the end is Genesys' ledger and transcript, and every answer that a caller got.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod customer;
mod cut_off;
mod failover;
mod frozen;
mod lost;
mod matrix;
mod paused;
#[allow(dead_code, reason = "shared with the tests of the program's words")]
#[path = "../cli/process.rs"]
mod process;
mod proxy;
mod replica;
#[path = "../support/redis/mod.rs"]
mod servers;
mod stage;
mod verdict;
mod way;
mod wire;
