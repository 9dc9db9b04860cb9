//! The guide profile's adapter against a Genesys that misbehaves in every way it can.

#![allow(clippy::unwrap_used, reason = "tests say what they expect by failing")]

mod faults;
mod support;

mod bounds;
mod contract;
mod failures;
mod outages;
mod repeats;
mod tokens;
