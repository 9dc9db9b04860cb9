//! The service as the `serve` command runs it, in a child process.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;

use anyhow::Context as _;
use session_resumption::app::App;
use session_resumption::config::Config;
use session_resumption::telemetry::{self, Audit};
use tokio::sync::oneshot;
use tracing_subscriber::filter::LevelFilter;

use crate::collector;
use crate::row::{Row, Shows, With};
use crate::server::Given;

/// Limits that the load stays within: they count, and refuse nobody.
const BEYOND_REACH: &str = "1000000/s burst 1000000";

/// Serves with this Genesys and this store until standard input ends.
pub(crate) async fn ours(row: &Row, given: &Given) -> anyhow::Result<()> {
    let traces = (row.with() == With::Traces).then(|| collector::traces(&given.collector)).transpose()?;
    let level = if row.with() == With::AuditLog { LevelFilter::INFO } else { LevelFilter::WARN };
    telemetry::install_logs(level, Audit::Logged, false, traces.as_ref());
    let metrics = telemetry::install_metrics()?;
    let path = |path: PathBuf| path.to_str().map(str::to_owned).context("a path that is no text");
    let mut config = Vec::new();
    let mut set = |key: &str, value: String| config.push((format!("SESSION_RESUMPTION__{key}"), value));
    for (key, value) in [
        ("SERVER__LISTEN", "127.0.0.1:0"),
        ("SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
        ("GENESYS__PROFILE", "guide"),
        ("GENESYS__API_URL", &given.genesys),
        ("GENESYS__LOGIN_URL", &given.genesys),
        ("GENESYS__CLIENT_ID", "sim-client"),
        ("GENESYS__CLIENT_SECRET", "sim-secret"),
        ("HANDSHAKE__REPLAY_TTL", "1h"),
        ("STORE__URL", "memory:"),
        ("LIMITS__ADDRESS", BEYOND_REACH),
        ("LIMITS__SERVICE", BEYOND_REACH),
        ("LIMITS__BROWSER", BEYOND_REACH),
        // The load asks about one session alone.
        ("LIMITS__SESSION", "off"),
    ] {
        set(key, value.to_owned());
    }
    if row.shows != Shows::Nothing {
        set("AUTH__CALLERS_FILE", path(given.files.callers())?);
    }
    if row.with() == With::Traces {
        set("TRACING__OTLP_ENDPOINT", given.collector.clone());
        set("TRACING__OTLP_PROTOCOL", "http".to_owned());
    }
    if row.with() == With::Tls {
        set("TLS__CERTIFICATE_FILE", path(given.files.certificate())?);
        set("TLS__KEY_FILE", path(given.files.key())?);
    }
    let app = App::bind(Config::load(None, config)?, metrics).await?;
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
