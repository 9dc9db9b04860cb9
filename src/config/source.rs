//! Brings the file and the environment together: for each key its text and where that was written.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use super::file;
use super::key::{self, VARIABLE_PREFIX};
use super::keys;
use super::suggest;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere: it is the default.
    Default,
    /// In the file.
    File,
    /// In the environment variable of this name.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("from the file"),
            Self::Variable(name) => write!(f, "from {name}"),
        }
    }
}

/// A value before it is parsed. It may be a secret, so it cannot be printed as it is.
pub(super) struct Raw {
    pub(super) text: String,
    /// Written in TOML without quotes.
    pub(super) bare: bool,
    pub(super) origin: Origin,
}

/// All that was given.
#[derive(Default)]
pub(super) struct Sources {
    /// By key; none for a value that was given but is unusable and was complained of already.
    pub(super) values: BTreeMap<&'static str, Option<Raw>>,
    /// What is wrong so far.
    pub(super) problems: Vec<String>,
    /// The file could not be read: what seems to be missing may stand in it.
    pub(super) file_lost: bool,
}

impl Sources {
    pub(super) fn read_file(&mut self, path: &Path) {
        match file::parse(path) {
            Ok(table) => file::flatten(&table, "", self),
            Err(problem) => {
                self.problems.push(problem);
                self.file_lost = true;
            }
        }
    }

    /// Lays the environment over what the file gave.
    pub(super) fn overlay(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        // Sorted, because the order of an environment means nothing and reports should not differ from run to run.
        let ours: BTreeMap<String, OsString> = variables
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
            .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
            .collect();
        for (name, value) in ours {
            let Some(key) = keys::all().find(|key| key::variable(key.name()) == name) else {
                self.problems.push(format!("{}: unknown variable; {}", name.escape_debug(), suggest::variable(&name)));
                continue;
            };
            let text = value.into_string().ok();
            if text.is_none() {
                self.problems.push(format!("{} (from {name}): not UTF-8. allowed: {}", key.name(), key.allowed()));
            }
            let raw = text.map(|text| Raw { text, bare: false, origin: Origin::Variable(name) });
            self.values.insert(key.name(), raw);
        }
    }
}
