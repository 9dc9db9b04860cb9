//! The rules as the server runs them, by hash where it knows them and in full where it does not.

use redis::{Cmd, Script};

/// A script that every replica of this version sends alike.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    text: &'static str,
    hash: String,
}

impl Rules {
    pub(super) fn new(text: &'static str) -> Self {
        Self { text, hash: Script::new(text).get_hash().to_owned() }
    }

    /// The keys lie in one slot.
    pub(super) fn run(&self, keys: impl Into<Vec<String>>, arguments: Vec<String>) -> Run<'_> {
        Run { rules: self, keys: keys.into(), arguments }
    }
}

/// One run of it.
pub(super) struct Run<'a> {
    rules: &'a Rules,
    keys: Vec<String>,
    arguments: Vec<String>,
}

impl Run<'_> {
    /// One of the keys; any others lie beside it.
    pub(super) fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    pub(super) fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", &self.rules.hash)
    }

    /// The server also keeps it, so that the next run goes by hash. Loading it first would be a round trip more, and on a
    /// cluster would have to be told where to go.
    pub(super) fn in_full(&self) -> Cmd {
        self.command("EVAL", self.rules.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }
}
