//! `serve`: the service, until it is told to stop.

use std::io;
use std::pin::pin;

use anyhow::bail;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::filter::LevelFilter;

use crate::app::App;
use crate::config::{Config, OtlpProtocol, TracingConfig};
use crate::telemetry::logs::Levels;
use crate::telemetry::{self, Audit, traces};
use crate::terminal;

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let traces = traces(&config.tracing).map(|settings| traces::install(&settings)).transpose()?;
    let levels = telemetry::install_logs(LevelFilter::INFO, Audit::Kept, terminal::colours(), traces.as_ref());
    let ended = serve(config, levels).await;
    if let Some(traces) = traces {
        traces.shutdown().await;
    }
    ended
}

async fn serve(config: Config, levels: Levels) -> anyhow::Result<()> {
    let metrics = telemetry::install_metrics()?;
    let mut signals = Signals::install()?;
    let app = App::bind(config, metrics).await?.with_levels(levels);
    tracing::info!(listen = %app.addr(), admin = %app.admin_addr(), "listening");
    let look_now = app.look_now();
    let mut hangup = signal(SignalKind::hangup())?;
    let _looking = AbortOnDropHandle::new(tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            look_now.notify_one();
        }
    }));
    let stop = CancellationToken::new();
    let mut running = pin!(app.run(stop.clone().cancelled_owned()));
    tokio::select! {
        ended = &mut running => return ended,
        () = signals.next() => stop.cancel(),
    }
    tokio::select! {
        ended = running => ended,
        () = signals.next() => bail!("a second signal ended it before calls in flight had finished"),
    }
}

/// Where spans go, if anywhere.
fn traces(config: &TracingConfig) -> Option<traces::Settings> {
    let protocol = match config.otlp_protocol {
        OtlpProtocol::Grpc => traces::Protocol::Grpc,
        OtlpProtocol::Http => traces::Protocol::Http,
    };
    config.otlp_endpoint.clone().map(|endpoint| traces::Settings { endpoint, protocol })
}

/// The signals to stop. None is missed from when they are installed on.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
