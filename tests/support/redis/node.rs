//! One server process: started, signalled, started again, and gone with its directory when its test process is.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use redis::{Client, Connection, RedisResult};
use uuid::Uuid;

use super::ports;

/// Starts the server anew with each line of its input. That ends when the test process is gone, whatever ended it, or when
/// the node is dropped: then server and directory go too.
const WATCHED: &str = r#"
dir=$1; shift
while read -r _; do "$@" >>"$dir/log" 2>&1 & server=$!; echo "$server"; done
kill -s KILL "$server"; wait "$server"; rm -rf "$dir"
"#;

/// How often one is asked whether it is there, 10 ms apart.
const ASKED: usize = 2_000;

/// A running server.
pub(crate) struct Node {
    port: u16,
    /// How the test itself speaks to it: in plain text, with every right.
    admin: String,
    dir: PathBuf,
    shell: Child,
    run: Mutex<Run>,
}

struct Run {
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Empty once it was killed: the number may be another's by then.
    pid: String,
}

impl Node {
    /// Starts a server with the arguments that belong to its port and its directory.
    pub(super) fn start(program: &Path, password: Option<&str>, arguments: impl Fn(u16, &Path) -> Vec<String>) -> Self {
        let attempt = |_| {
            let port = ports::free();
            let dir = std::env::temp_dir().join(format!("session-resumption-{}", Uuid::new_v4().simple()));
            fs::create_dir(&dir).unwrap();
            Self::spawn(program, &arguments(port, &dir), password, port, dir)
        };
        (0..5).find_map(attempt).expect("another process was quicker to take each port")
    }

    /// None if another process has its port.
    fn spawn(program: &Path, arguments: &[String], password: Option<&str>, port: u16, dir: PathBuf) -> Option<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", WATCHED, "sh"]).arg(&dir).arg(program).args(arguments);
        // A group of its own: Ctrl-C ends the test process, and the shell cleans up after it.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().unwrap();
        let output = BufReader::new(shell.stdout.take().unwrap());
        let run = Mutex::new(Run { input: shell.stdin.take(), output, pid: String::new() });
        let credentials = password.map(|password| format!(":{password}@")).unwrap_or_default();
        let node = Self { port, admin: format!("redis://{credentials}127.0.0.1:{port}"), dir, shell, run };
        node.begin().then_some(node)
    }

    /// Starts the process, and returns whether it got its port.
    fn begin(&self) -> bool {
        {
            let Run { input, output, pid } = &mut *self.run.lock().unwrap();
            input.as_mut().unwrap().write_all(b"start\n").unwrap();
            output.read_line(pid).unwrap();
        }
        let log = || fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let taken = || log().contains("Address already in use");
        let missing = || log().contains("not found");
        let comes = soon(|| self.is_there().unwrap_or(false) || taken() || missing());
        assert!(comes && !missing(), "the server does not come up; is it installed? (scripts/setup.sh)\n{}", log());
        !taken()
    }

    /// Whether what answers on the port is this process.
    fn is_there(&self) -> RedisResult<bool> {
        let mut connection = self.try_admin()?;
        let told: String = redis::cmd("INFO").arg("server").query(&mut connection)?;
        let id = told.lines().find_map(|line| line.strip_prefix("process_id:"));
        Ok(id.map(str::trim) == Some(self.run.lock().unwrap().pid.trim()))
    }

    /// A connection with every right.
    pub(crate) fn admin(&self) -> Connection {
        self.try_admin().unwrap()
    }

    pub(super) fn try_admin(&self) -> RedisResult<Connection> {
        let connection = Client::open(self.admin.as_str())?.get_connection_with_timeout(Duration::from_secs(1))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(connection)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it may write to; gone with it.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Ends it at once (SIGKILL), and returns when nobody answers any more. Does nothing if it was ended before.
    pub(crate) fn kill(&self) {
        let mut run = self.run.lock().unwrap();
        if !run.pid.is_empty() {
            signal(&run.pid, "KILL");
            run.pid.clear();
            assert!(soon(|| self.try_admin().is_err()), "it is still there");
        }
    }

    /// Stops it in its tracks (SIGSTOP): connections stay open, and nothing is answered.
    pub(crate) fn stop(&self) {
        signal(&self.run.lock().unwrap().pid, "STOP");
    }

    /// Lets it go on (SIGCONT).
    pub(crate) fn cont(&self) {
        signal(&self.run.lock().unwrap().pid, "CONT");
    }

    /// Ends it if it runs, and starts it again on its port: what was only in its memory is gone.
    pub(crate) fn restart(&self) {
        self.kill();
        assert!(self.begin(), "another process took its port");
    }
}

fn signal(pid: &str, name: &str) {
    let sent = Command::new("kill").args(["-s", name, pid.trim()]).status().unwrap();
    assert!(sent.success(), "no process to send {name} to");
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Ok(mut run) = self.run.lock() {
            drop(run.input.take());
        }
        let _ = self.shell.wait();
    }
}

/// Whether something comes true soon, also where no runtime is.
#[expect(clippy::disallowed_methods, reason = "servers are started where no runtime is, too")]
pub(super) fn soon(mut holds: impl FnMut() -> bool) -> bool {
    (0..ASKED).any(|_| {
        let held = holds();
        if !held {
            std::thread::sleep(Duration::from_millis(10));
        }
        held
    })
}
