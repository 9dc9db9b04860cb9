//! The status derived from legs: case by case from `golden/derived.toml`, for every conversation by its properties, and beside a
//! second formulation of the table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

mod any;
mod comparing;
mod fixtures;
mod given;
mod golden;
mod properties;
mod reference;
