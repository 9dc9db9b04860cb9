//! What the service logs, captured on the thread on which everything of a test runs.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// All that was logged.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

/// While it lives, it is captured.
pub(crate) type Guards = (Dispatch, DefaultGuard);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Captured {
    /// Captures what these targets log, as text.
    pub(crate) fn install(filter: &str) -> (Self, Guards) {
        let captured = Self::default();
        let logs = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(captured.clone());
        (captured, guards(logs.finish()))
    }

    /// Captures the audit record, as the JSON lines that the service writes.
    pub(crate) fn audit() -> (Self, Guards) {
        let captured = Self::default();
        let logs = tracing_subscriber::fmt().json().flatten_event(true).with_writer(captured.clone());
        (captured, guards(logs.with_env_filter(EnvFilter::new("audit=info")).finish()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of one event in the audit record.
    pub(crate) fn events(&self, event: &str) -> Vec<Value> {
        let lines = self.text();
        let parsed = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        parsed.filter(|line| line["event"] == event).collect()
    }
}

fn guards(logs: impl Into<Dispatch>) -> Guards {
    // With a single subscriber in the process, tracing asks the thread that comes first to a line of code whether anybody
    // wants it, for all threads; and the threads of other tests have none. A second subscriber turns that off.
    let second = Dispatch::new(tracing_subscriber::registry());
    (second, tracing::dispatcher::set_default(&logs.into()))
}
