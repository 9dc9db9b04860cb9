//! `serve`: the service, until it is told to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;

use crate::app::App;
use crate::config::Config;
use crate::{telemetry, terminal};

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::install_logs(LevelFilter::INFO, terminal::colours());
    let metrics = telemetry::install_metrics();
    let stop = stop_signal()?;
    let app = App::bind(config, metrics).await?;
    tracing::info!(
        listen = %app.addr(),
        admin = %app.admin_addr(),
        "listening on loopback only: callers' credentials cannot be configured yet"
    );
    app.run(stop).await
}

/// Resolves at SIGTERM or SIGINT. The handlers are installed when this returns, so no signal is missed while starting.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
