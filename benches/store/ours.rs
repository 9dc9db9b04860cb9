//! The service as the `serve` command runs it, in a child process.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::thread;

use session_resumption::app::App;
use session_resumption::config::Config;
use session_resumption::telemetry::{self, Audit};
use tokio::sync::oneshot;
use tracing_subscriber::filter::LevelFilter;

/// Serves with this Genesys and this store until standard input ends.
pub(crate) async fn ours(genesys: &str, store: &str, audit_log: bool) -> anyhow::Result<()> {
    telemetry::install_logs(if audit_log { LevelFilter::INFO } else { LevelFilter::WARN }, Audit::Logged, false, None);
    let metrics = telemetry::install_metrics()?;
    let config = [
        ("SERVER__LISTEN", "127.0.0.1:0"),
        ("SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
        ("GENESYS__PROFILE", "guide"),
        ("GENESYS__API_URL", genesys),
        ("GENESYS__LOGIN_URL", genesys),
        ("GENESYS__CLIENT_ID", "sim-client"),
        ("GENESYS__CLIENT_SECRET", "sim-secret"),
        ("HANDSHAKE__REPLAY_TTL", "1h"),
        ("STORE__URL", store),
        // One session is asked about as often as the machine can.
        ("LIMITS__SESSION", "off"),
        ("LIMITS__SERVICE", "off"),
        ("LIMITS__ADDRESS", "off"),
    ];
    let config = Config::load(None, config.map(|(key, value)| (format!("SESSION_RESUMPTION__{key}"), value)))?;
    let app = App::bind(config, metrics).await?;
    let (addr, health) = (app.addr(), app.health().clone());
    let mut serving = tokio::spawn(app.run(parent_left()));
    tokio::select! {
        () = health.ready() => announce(addr),
        ended = &mut serving => return ended?,
    }
    serving.await?
}

/// Resolves when standard input ends.
pub(crate) async fn parent_left() {
    let (left, leaving) = oneshot::channel();
    // A thread and no blocking task: the runtime would wait for that one when it ends.
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        left.send(())
    });
    let _ = leaving.await;
}

#[expect(clippy::print_stdout, reason = "the parent reads the address there")]
pub(crate) fn announce(addr: SocketAddr) {
    println!("{addr}");
}
