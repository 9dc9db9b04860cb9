//! What is logged by everybody, for as long as the process runs: a subscriber of one test alone misses lines that another one
//! was first to write.

use std::io;
use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

static BEGUN: Once = Once::new();
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where lines go.
struct Everybody;

impl<'a> MakeWriter<'a> for Everybody {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        Lines
    }
}

/// Begins to keep what is logged, at the finest level of ours and a fine one of everybody else's.
pub(crate) fn keep() {
    BEGUN.call_once(|| {
        let filter = EnvFilter::new("debug,session_resumption=trace,genesys_sim=off,axum=off");
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_thread_names(true)
            .with_writer(Everybody);
        subscriber.init();
    });
}

/// What was logged by now.
pub(crate) fn of_all() -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// What the test that asks has logged: each has a thread of its own, by its name.
pub(crate) fn of_this_test() -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or_default();
    of_all().lines().filter(|line| line.contains(name)).fold(String::new(), |lines, line| lines + line + "\n")
}
