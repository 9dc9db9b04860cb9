//! The parent's side of a server: a child process that dies with this value, its address and its processor time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::cores::Cores;
use crate::credentials::Files;
use crate::process::{Process, cpu};
use crate::row::{ROWS, With};

/// How long a child may take to come up.
const START_WITHIN: Duration = Duration::from_secs(20);

/// What a child is given, as one line on its standard input.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// Where Genesys is.
    pub(crate) genesys: String,
    /// Where spans go.
    pub(crate) collector: String,
    /// What it knows of callers.
    pub(crate) files: Files,
    /// The answer to give, encoded; unknown until a service of ours has given it.
    pub(crate) answer: Vec<u8>,
}

impl Given {
    fn line(&self) -> String {
        let bytes: Vec<_> = self.answer.iter().map(u8::to_string).collect();
        format!("{} {} {} {}\n", self.genesys, self.collector, bytes.join(","), self.files.dir().display())
    }

    /// Reads it back.
    pub(crate) fn parse(line: &str) -> anyhow::Result<Self> {
        let mut words = line.splitn(4, ' ');
        let mut next = || words.next().context("the line ends early");
        let (genesys, collector, answer, dir) = (next()?, next()?, next()?, next()?);
        let bytes = answer.split(',').filter(|byte| !byte.is_empty()).map(str::parse);
        Ok(Self {
            genesys: genesys.to_owned(),
            collector: collector.to_owned(),
            files: Files::in_dir(dir),
            answer: bytes.collect::<Result<_, _>>()?,
        })
    }
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    process: Process,
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
        if ROWS[index].with() == With::AuditLog {
            command.stderr(Stdio::null());
        }
        let mut process = Process::start(&mut command)?;
        // The pipe stays open in the child's handle, as long as that one lives.
        process.child.stdin.as_mut().context("no standard input")?.write_all(given.line().as_bytes())?;
        let output = process.child.stdout.take().context("no standard output")?;
        let said = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let said = tokio::time::timeout(START_WITHIN, said).await.context("the server did not come up")???;
        let addr = said.trim().parse().with_context(|| format!("the server ended early, saying {said:?}"))?;
        Ok(Self { addr, process })
    }

    /// The processor time it has used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.process.child.id())
    }
}
