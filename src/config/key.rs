//! What is known of one key: its name, its default and why, what it is for, and how its text becomes a value.

use super::parse::Parse;

/// One key and the type of its value.
#[derive(Debug)]
pub(super) struct Key<P> {
    /// The full name, such as `genesys.timeout`.
    pub(super) name: &'static str,
    /// The value in force when none is given; without one the key must be given, or nothing is in force.
    pub(super) default: Option<&'static str>,
    /// What the key is for.
    pub(super) help: &'static str,
    /// Why the default is what it is, or why there is none.
    pub(super) why: &'static str,
    /// Turns text into the value.
    pub(super) parser: P,
}

/// A key without the type of its value, for lists of all keys.
pub(super) trait Describe: Sync {
    fn name(&self) -> &'static str;
    fn default(&self) -> Option<&'static str>;
    fn help(&self) -> &'static str;
    fn why(&self) -> &'static str;
    fn allowed(&self) -> String;
    fn written(&self, text: &str) -> String;
}

impl<P: Parse> Describe for Key<P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn default(&self) -> Option<&'static str> {
        self.default
    }

    fn help(&self) -> &'static str {
        self.help
    }

    fn why(&self) -> &'static str {
        self.why
    }

    fn allowed(&self) -> String {
        self.parser.allowed()
    }

    /// A value as a TOML file has it, secrets redacted.
    fn written(&self, text: &str) -> String {
        let shown = self.parser.shown(text);
        if P::BARE { shown.to_owned() } else { toml::Value::from(shown).to_string() }
    }
}

/// The section a key stands in, and its name there.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or(("", name))
}

/// What the names of our variables begin with. Two underscores, because Kubernetes gives every pod variables that begin with the
/// name of a service and one underscore.
pub(super) const VARIABLE_PREFIX: &str = "SESSION_RESUMPTION__";

/// The environment variable that sets a key.
pub(super) fn variable(name: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", name.replace('.', "__").to_uppercase())
}
