//! What we ask of Genesys Cloud, judged by a tool that is not ours: Prism, by the description of the public API in
//! `tests/genesys/`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod bench;
mod client;
mod description;
mod judge;
mod prism;
#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "../cli/process.rs"]
mod process;
mod requests;
mod witness;
