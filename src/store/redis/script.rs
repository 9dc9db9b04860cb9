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

    pub(super) fn run(&self, keys: [String; 2], arguments: Vec<String>) -> Run<'_> {
        Run { rules: self, keys, arguments }
    }
}

/// One run of it.
pub(super) struct Run<'a> {
    rules: &'a Rules,
    keys: [String; 2],
    arguments: Vec<String>,
}

impl Run<'_> {
    /// One of the keys; the other lies beside it.
    pub(super) fn key(&self) -> &str {
        let [key, _] = &self.keys;
        key
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
