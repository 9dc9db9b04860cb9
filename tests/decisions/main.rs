//! The decision: case by case from `golden/decisions.toml`, and for every input by its properties.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

mod any;
mod given;

mod golden;
mod properties;
