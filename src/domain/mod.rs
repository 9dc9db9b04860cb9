//! The rules of resumption, pure: no IO, no async, no clock, no randomness of their own.

pub mod access;
pub mod answer;
pub mod conversation;
pub mod counter;
pub mod decision;
pub mod derive;
pub mod error;
pub mod handshake;
pub mod ids;
pub mod lease;
pub mod ledger;
pub mod legs;
pub mod mirror;
pub mod pair;
pub mod policy;
pub mod principal;
pub mod registry;
pub mod retry;
pub mod snapshot;
pub mod tabs;
pub mod time;
pub mod token_line;
