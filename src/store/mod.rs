//! Where handshakes are kept.

pub mod memory;
pub mod redis;
