//! Which core serves and which one asks, where the system lets us choose.

use std::fs;
use std::process::{Command, Stdio};

/// A core for the server and another one for the load.
#[derive(Debug)]
pub(crate) struct Cores {
    /// The servers' core. They take turns, so that one is enough.
    pub(crate) server: String,
    /// This process's core.
    pub(crate) load: String,
}

impl Cores {
    /// Takes the first two cores this process may use, and moves it to the second. `None` where that cannot be done.
    pub(crate) fn claim() -> Option<Self> {
        let allowed = fs::read_to_string("/proc/self/status").ok()?;
        let allowed = allowed.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        let mut cores = allowed.trim().split(',').filter_map(range).flatten();
        let (server, load) = (cores.next()?.to_string(), cores.next()?.to_string());
        let moved = Command::new("taskset")
            .args(["-cp", &load, &std::process::id().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        moved.ok()?.success().then_some(Self { server, load })
    }
}

/// `3`, or `0-7`.
fn range(text: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}
