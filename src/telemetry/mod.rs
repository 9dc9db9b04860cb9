//! Logs and metrics of the process.

use std::io::{self, IsTerminal};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Installs the log writer: standard error, readable on a terminal and JSON elsewhere. `RUST_LOG` chooses what is logged.
pub fn install_logs(default: LevelFilter, colours: bool) {
    let filter = EnvFilter::builder().with_default_directive(default.into()).from_env_lossy();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second installation in one process changes nothing, which is what tests want.
    let _ = if io::stderr().is_terminal() {
        logs.with_ansi(colours).try_init()
    } else {
        logs.json().flatten_event(true).try_init()
    };
}

/// Installs the process's metrics and returns what renders them.
pub fn install_metrics() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // As above: the first one installed in a process counts.
    let _ = metrics::set_global_recorder(recorder);
    handle
}
