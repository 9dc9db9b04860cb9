//! Where handshakes are kept.

pub mod memory;
