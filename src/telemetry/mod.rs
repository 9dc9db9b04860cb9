//! Logs and metrics of the process.

use std::io::{self, IsTerminal};
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
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

/// Upper bounds of what durations are counted in, in seconds: from a call within a rack to one that ran out of time.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// How often what was recorded is folded into the buckets: without it, an instance that nobody scrapes grows.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Folds what was recorded, for as long as it is polled.
pub async fn fold_metrics(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(FOLD_EVERY).await;
        metrics.run_upkeep();
    }
}

/// Installs the process's metrics and returns what renders them.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let recorder = PrometheusBuilder::new().set_buckets(&SECONDS)?.build_recorder();
    let handle = recorder.handle();
    // As above: the first one installed in a process counts.
    let _ = metrics::set_global_recorder(recorder);
    Ok(handle)
}
