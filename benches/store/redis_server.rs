//! A Redis server of the benchmark's own, and what it says of itself.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use redis::aio::MultiplexedConnection;
use tokio::time::{Instant, sleep};

use crate::process::Process;

/// Runs a server until its own standard input ends, which it does when the benchmark is gone, whatever ended it.
const WATCHED: &str = r#""$@" >/dev/null & server=$!; read -r _; kill "$server"; wait "$server""#;
const START_WITHIN: Duration = Duration::from_secs(10);

/// A running server. It stops when dropped.
#[derive(Debug)]
pub(crate) struct RedisServer {
    port: u16,
    connection: MultiplexedConnection,
    process: Process,
}

/// What it has done so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    /// Scripts run by their hash.
    pub(crate) scripts: u64,
    /// Those of them that failed.
    pub(crate) failed: u64,
    /// Its processor time.
    pub(crate) cpu: Duration,
}

impl RedisServer {
    /// Starts one on this core, or on any.
    pub(crate) async fn start(core: Option<&str>) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let pinned = core.map(|core| ["taskset", "-c", core]);
        let process = Process::start(
            Command::new("sh")
                .args(["-c", WATCHED, "sh"])
                .args(pinned.iter().flatten())
                .args(["redis-server", "--bind", "127.0.0.1", "--port", &port.to_string()])
                .args(["--save", "", "--appendonly", "no", "--dir"])
                .arg(std::env::temp_dir())
                .stdin(Stdio::piped())
                .stdout(Stdio::null()),
        )?;
        let client = redis::Client::open(url(port))?;
        let until = Instant::now() + START_WITHIN;
        let connection = loop {
            match client.get_multiplexed_async_connection().await {
                Ok(connection) => break connection,
                Err(error) => ensure!(Instant::now() < until, "no redis-server answers: {error}"),
            }
            sleep(Duration::from_millis(10)).await;
        };
        Ok(Self { port, connection, process })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    pub(crate) async fn done(&self) -> anyhow::Result<Done> {
        let mut connection = self.connection.clone();
        let told: String = redis::cmd("INFO").arg("commandstats").arg("cpu").query_async(&mut connection).await?;
        let line = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let scripts = line("cmdstat_evalsha:").unwrap_or_default();
        let count = |name: &str| -> u64 {
            let told = scripts.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
            told.and_then(|told| told.parse().ok()).unwrap_or_default()
        };
        let seconds = |name: &str| -> anyhow::Result<f64> { Ok(line(name).context("no processor time")?.parse()?) };
        let cpu = seconds("used_cpu_user:")? + seconds("used_cpu_sys:")?;
        Ok(Done { scripts: count("calls"), failed: count("failed_calls"), cpu: Duration::from_secs_f64(cpu) })
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Its input ends, and with it the server; only then may its watch be killed.
        drop(self.process.child.stdin.take());
        let _ = self.process.child.wait();
    }
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
