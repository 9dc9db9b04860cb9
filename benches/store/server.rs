//! A service in a child process, which is this program started again.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::process::{Process, cpu};

const START_WITHIN: Duration = Duration::from_secs(20);

/// A service that runs.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    process: Process,
}

impl Server {
    /// Starts one on this core, or on any, and waits until it is ready.
    pub(crate) async fn start(genesys: &str, store: &str, core: Option<&str>) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = match core {
            Some(core) => {
                let mut taskset = Command::new("taskset");
                taskset.args(["-c", core]).arg(program);
                taskset
            }
            None => Command::new(program),
        };
        command.args(["--serve", genesys, store]).env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let output = process.child.stdout.take().context("no standard output")?;
        let said = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let said = tokio::time::timeout(START_WITHIN, said).await.context("the service did not come up")???;
        let addr = said.trim().parse().with_context(|| format!("the service ended early, saying {said:?}"))?;
        Ok(Self { addr, process })
    }

    /// The processor time it has used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.process.child.id())
    }
}
