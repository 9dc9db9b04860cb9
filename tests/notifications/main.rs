//! Listening to a simulated Genesys that fails in every way it can, and to one of raw sockets for what the simulator would not do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what they expect by failing")]

mod clock;
mod log;
mod mirror;
mod rig;
mod stub;

mod frames;
mod gaps;
mod renewals;
mod replicas;
mod secrets;
mod store;
mod subscriptions;
mod trouble;
