//! What the commands say to a person.

use std::io::{self, Write};

/// Writes to standard output. A reader who has gone is no reason to fail: nobody is left to tell.
pub fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Writes to standard error, likewise.
pub fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether colours are wanted, where there is a terminal to show them.
#[expect(clippy::disallowed_methods, reason = "NO_COLOR is no setting of ours; it speaks for every program")]
pub fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
