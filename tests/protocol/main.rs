//! The protocol under random sequences of calls, clocks, failures and crashes, beside small models of what it promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

mod drawing;
mod given;
mod messages;
mod model;
mod story;

mod bounds;
mod count;
mod drops;
mod forgetting;
mod handshakes;
mod token_lines;
mod transcript;
