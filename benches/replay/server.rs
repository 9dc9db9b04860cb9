//! The parent's side of a server: a child process that dies with this value, its address and its processor time.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::cores::Cores;
use crate::row::{ROWS, Service};

/// How long a child may take to come up.
const START_WITHIN: Duration = Duration::from_secs(20);

/// What a child is given, as one line on its standard input.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// Where Genesys is.
    pub(crate) genesys: String,
    /// The answer to give, encoded; unknown until a service of ours has given it.
    pub(crate) answer: Vec<u8>,
}

impl Given {
    fn line(&self) -> String {
        let bytes: Vec<_> = self.answer.iter().map(u8::to_string).collect();
        format!("{} {}\n", self.genesys, bytes.join(","))
    }

    /// Reads it back.
    pub(crate) fn parse(line: &str) -> anyhow::Result<Self> {
        let (genesys, answer) = line.split_once(' ').unwrap_or((line, ""));
        let bytes = answer.split(',').filter(|byte| !byte.is_empty()).map(str::parse);
        Ok(Self { genesys: genesys.to_owned(), answer: bytes.collect::<Result<_, _>>()? })
    }
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    process: Process,
    tick: Duration,
}

/// A child that is killed with its owner.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts the server of a row and waits until it listens.
    pub(crate) async fn start(index: usize, cores: Option<&Cores>, given: &Given) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = match cores {
            Some(cores) => {
                let mut taskset = Command::new("taskset");
                taskset.args(["-c", &cores.server]).arg(program);
                taskset
            }
            None => Command::new(program),
        };
        command.args(["--serve", &index.to_string()]).env_remove("RUST_LOG");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        if ROWS[index].service == (Service::Ours { audit_log: true }) {
            command.stderr(Stdio::null());
        }
        let mut process = Process(command.spawn()?);
        // The pipe stays open in the child's handle, as long as that one lives.
        process.0.stdin.as_mut().context("no standard input")?.write_all(given.line().as_bytes())?;
        let output = process.0.stdout.take().context("no standard output")?;
        let said = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let said = tokio::time::timeout(START_WITHIN, said).await.context("the server did not come up")???;
        let addr = said.trim().parse().with_context(|| format!("the server ended early, saying {said:?}"))?;
        Ok(Self { addr, process, tick: tick() })
    }

    /// The processor time it has used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.process.0.id(), self.tick)
    }

    /// The processor time this process has used so far: the load's, and what little the simulator does.
    pub(crate) fn load_cpu(&self) -> anyhow::Result<Duration> {
        cpu(std::process::id(), self.tick)
    }
}

/// The processor time of a process so far, in user and in kernel mode.
fn cpu(process: u32, tick: Duration) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field, in parentheses, may hold spaces; `utime` and `stime` are the 14th and the 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_ascii_whitespace();
    let ticks: Vec<u32> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    ensure!(ticks.len() == 2, "/proc/{process}/stat is not as expected");
    Ok(tick * ticks.iter().sum())
}

/// The unit of the times in `/proc`: 10 ms nearly everywhere.
fn tick() -> Duration {
    let per_second = Command::new("getconf").arg("CLK_TCK").output().ok();
    let per_second = per_second.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok());
    Duration::from_secs(1) / per_second.filter(|ticks| *ticks > 0).unwrap_or(100)
}
