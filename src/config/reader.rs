//! Hands out typed values key by key, and remembers every problem and every value for later.

use super::key::{self, Describe, Key};
use super::parse::Parse;
use super::source::{Origin, Raw, Sources};

/// A value in force, as the file would have it, secrets redacted.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) written: String,
    pub(super) origin: Origin,
}

/// Reads keys from what was given.
pub(super) struct Reader {
    sources: Sources,
    lines: Vec<Line>,
}

impl Reader {
    pub(super) fn new(sources: Sources) -> Self {
        Self { sources, lines: Vec::new() }
    }

    /// The values in force, and everything that is wrong.
    pub(super) fn finish(self) -> (Vec<Line>, Vec<String>) {
        (self.lines, self.sources.problems)
    }

    /// The value of a key; none if it has a problem, which is remembered.
    pub(super) fn get<P: Parse>(&mut self, key: &Key<P>) -> Option<P::Value> {
        let given = self.sources.values.remove(key.name);
        let raw = match (given, key.default) {
            (Some(given), _) => given?,
            (None, Some(text)) => Raw { text: text.to_owned(), bare: P::BARE, origin: Origin::Default },
            (None, None) => {
                self.missing(key.name, &key::variable(key.name), &key.parser.allowed());
                return None;
            }
        };
        match parse(&key.parser, &raw) {
            Ok(value) => {
                let written = key.written(&raw.text);
                self.lines.push(Line { name: key.name, written, origin: raw.origin });
                Some(value)
            }
            Err(why) => {
                let shown = key.parser.shown(&raw.text);
                let shown = if raw.bare { shown.to_owned() } else { format!("{shown:?}") };
                let allowed = key.parser.allowed();
                self.sources
                    .problems
                    .push(format!("{} = {shown} ({}): {why}. allowed: {allowed}", key.name, raw.origin));
                None
            }
        }
    }

    /// The value of a key, or, if it is not given, of what another key says that was read.
    pub(super) fn get_like<P: Parse, Q: Parse>(&mut self, key: &Key<P>, other: &Key<Q>) -> Option<P::Value> {
        let said = self.lines.iter().find(|line| line.name == other.name).filter(|_| !self.gives(key));
        if let Some(said) = said {
            let text = said.written.trim_matches('"').to_owned();
            self.sources.values.insert(key.name, Some(Raw { text, bare: P::BARE, origin: said.origin.clone() }));
        }
        self.get(key)
    }

    /// Whether a key is given, and not read yet.
    pub(super) fn gives<P: Parse>(&self, key: &Key<P>) -> bool {
        self.sources.values.contains_key(key.name)
    }

    /// The value of a key that may be left out.
    #[expect(clippy::option_option, reason = "a value with a problem is not one left out")]
    pub(super) fn get_if_given<P: Parse>(&mut self, key: &Key<P>) -> Option<Option<P::Value>> {
        if self.gives(key) { self.get(key).map(Some) } else { Some(None) }
    }

    /// Whether a key was read and says other than its default.
    pub(super) fn departs<P: Parse>(&self, key: &Key<P>) -> bool {
        let default = key.default.map(|text| key.written(text));
        self.lines.iter().any(|line| line.name == key.name && Some(&line.written) != default.as_ref())
    }

    /// Complains of a value that was read and does not go with the others.
    pub(super) fn refuse<P: Parse>(&mut self, key: &Key<P>, why: &str) {
        if let Some(line) = self.lines.iter().find(|line| line.name == key.name) {
            let problem = format!("{} = {} ({}): {why}", key.name, line.written, line.origin);
            self.sources.problems.push(problem);
        }
    }

    /// The value of whichever of two keys was given; both or neither is a problem.
    pub(super) fn get_either<P, Q>(&mut self, one: &Key<P>, other: &Key<Q>) -> Option<P::Value>
    where
        P: Parse,
        Q: Parse<Value = P::Value>,
    {
        match (self.sources.values.get(one.name), self.sources.values.get(other.name)) {
            (Some(_), None) => self.get(one),
            (None, Some(_)) => self.get(other),
            (Some(first), Some(second)) => {
                let origin =
                    |raw: &Option<Raw>| raw.as_ref().map_or_else(String::new, |raw| format!(" ({})", raw.origin));
                let both = format!("{}{} and {}{}", one.name, origin(first), other.name, origin(second));
                self.sources.problems.push(format!("{both}: both are given. allowed: exactly one of them"));
                None
            }
            (None, None) => {
                let names = format!("{} or {}", one.name, other.name);
                let variables = format!("{} or {}", key::variable(one.name), key::variable(other.name));
                self.missing(&names, &variables, "exactly one of them");
                None
            }
        }
    }

    fn missing(&mut self, name: &str, variable: &str, allowed: &str) {
        if !self.sources.file_lost {
            let problem =
                format!("{name}: required, but not given; write it in the file or set {variable}. allowed: {allowed}");
            self.sources.problems.push(problem);
        }
    }
}

fn parse<P: Parse>(parser: &P, raw: &Raw) -> Result<P::Value, String> {
    let value = parser.parse(&raw.text)?;
    // A number or date where text belongs was normalised by TOML (0x1F became 31), so it may not be what was meant.
    if raw.bare && !P::BARE { Err("write it in quotes".to_owned()) } else { Ok(value) }
}
