//! Child processes, and the processor time that a process used.

use std::fs;
use std::io;
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::ensure;

/// The unit of the times in `/proc`: 10 ms nearly everywhere.
static TICK: LazyLock<Duration> = LazyLock::new(|| {
    let per_second = Command::new("getconf").arg("CLK_TCK").output().ok();
    let per_second = per_second.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok());
    Duration::from_secs(1) / per_second.filter(|ticks| *ticks > 0).unwrap_or(100)
});

/// A child that is killed with its owner.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        Ok(Self { child: command.spawn()? })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time of a process so far, in user and in kernel mode.
pub(crate) fn cpu(process: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field, in parentheses, may hold spaces; `utime` and `stime` are the 14th and the 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_ascii_whitespace();
    let ticks: Vec<u32> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    ensure!(ticks.len() == 2, "/proc/{process}/stat is not as expected");
    Ok(*TICK * ticks.iter().sum())
}
