//! The process's logs.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Whether the audit record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// Always.
    Kept,
    /// Only as the log's levels have it: for a service that serves nobody.
    Logged,
}

/// Installs the log writer: standard error, readable on a terminal and JSON elsewhere. `RUST_LOG` chooses what is logged,
/// but for the audit record, which is no matter of taste.
pub fn install_logs(default: LevelFilter, audit: Audit, colours: bool) {
    let mut filter = EnvFilter::builder().with_default_directive(default.into()).from_env_lossy();
    if let (Audit::Kept, Ok(kept)) = (audit, "audit=info".parse()) {
        filter = filter.add_directive(kept);
    }
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second installation in one process changes nothing, which is what tests want.
    let _ = if io::stderr().is_terminal() {
        logs.with_ansi(colours).try_init()
    } else {
        logs.json().flatten_event(true).try_init()
    };
}
