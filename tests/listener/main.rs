//! The serving port over real sockets. What it waits for in seconds is tested beside the code, in time that stands still; here the
//! times are short or so long that they do not come.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

mod ages;
mod certificates;
mod closing;
mod crowds;
mod door;
mod files;
mod headers;
mod http2;
mod reloading;
mod served;
mod slow;
mod stalled;
mod tls;
