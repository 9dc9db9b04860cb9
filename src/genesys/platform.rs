//! The real Genesys Cloud API.

#[cfg_attr(not(test), expect(dead_code, reason = "its first reader follows"))]
pub(crate) mod conversation;
pub mod events;
mod words;
