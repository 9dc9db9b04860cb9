//! The process's metrics.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::describe::describe;

/// Upper bounds of what durations are counted in, in seconds: from a call within a rack to one that ran out of time.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The same for what takes less than a millisecond when all is well: a step of the store, and a call that it answers.
const FINER_SECONDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The same for what is known of a conversation: told just now, up to longer ago than it may be gone by.
const AGES: [f64; 9] = [1.0, 5.0, 15.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0];

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
    let finer = |name: &str| Matcher::Full(format!("session_resumption_{name}"));
    let recorder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .set_buckets_for_metric(finer("store_duration_seconds"), &FINER_SECONDS)?
        .set_buckets_for_metric(finer("rpc_duration_seconds"), &FINER_SECONDS)?
        .set_buckets_for_metric(finer("mirror_age_seconds"), &AGES)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, describe);
    // A second installation in one process changes nothing, which is what tests want.
    let _ = metrics::set_global_recorder(recorder);
    Ok(handle)
}
