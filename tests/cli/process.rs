//! Child processes: nothing inherited, every wait bounded, ended by their own handle.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Longer than any command takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// How a process ended, and all it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these words, and nothing of this process's environment.
pub(crate) fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_session-resumption"));
    command.args(words).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) async fn run(command: Command) -> Ended {
    Running::start(command).ended().await
}

/// Kills a process when its own standard input ends. That happens when this process is gone, whatever ended it.
const WATCH: &str = r#"read -r _; kill -s KILL "$1""#;

/// A process under way. It outlives neither its test nor the process of its test.
pub(crate) struct Running {
    child: Child,
    watch: Child,
    stdout: Heard,
    stderr: Heard,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh", &child.id().to_string()]).stdin(Stdio::piped());
        let watch = watch.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = Heard::from(child.stdout.take());
        let stderr = Heard::from(child.stderr.take());
        Self { child, watch, stdout, stderr }
    }

    /// What it has said on standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// Sends it a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }

    /// Waits until something holds of it; fails with what it said if it ends before.
    pub(crate) async fn until<T>(&mut self, mut holds: impl FnMut(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = holds(self) {
                return found;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "{ended:?}\n{}", self.stderr());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end\n{}", self.stderr());
            sleep(Duration::from_millis(10)).await;
        };
        Ended { code: status.code(), stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // First, because the number may be another's once the process is gone.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
        // Gone already if the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What comes out of a pipe, read by a thread so that the process never waits for us.
struct Heard {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Heard {
    fn from(pipe: Option<impl Read + Send + 'static>) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let reader = pipe.map(|mut pipe| {
            let text = Arc::clone(&text);
            thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(read @ 1..) = pipe.read(&mut piece) {
                    text.lock().unwrap().extend_from_slice(&piece[..read]);
                }
            })
        });
        Self { text, reader }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }

    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.so_far()
    }
}
