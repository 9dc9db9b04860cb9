//! Prints what is in force, and what can be set, from the one list of keys.

use std::fmt::Write as _;

use super::key::{self, Describe};
use super::keys;
use super::reader::Line;

/// The configuration in force, as TOML.
pub(super) fn effective(lines: &[Line]) -> String {
    let mut out = String::from("# The configuration in force. After each value: where it came from.\n");
    by_section(&mut out, |out, name, key| {
        let line = lines.iter().find(|line| line.name == key.name());
        let _ = match line {
            Some(line) => writeln!(out, "# {}\n{name} = {} # {}", key.help(), line.written, line.origin),
            None => writeln!(out, "# {}\n# {name}: not given", key.help()),
        };
    });
    out
}

/// Every key with what it is for, what is allowed, and its default and why.
pub fn reference() -> String {
    let mut out = String::new();
    by_section(&mut out, |out, name, key| {
        let default = key.default().map_or_else(|| "none".to_owned(), |text| key.written(text));
        let _ = writeln!(
            out,
            "  {name}\n      {}\n      allowed: {}\n      default: {default} ({})",
            key.help(),
            key.allowed(),
            key.why()
        );
    });
    out
}

/// Calls `each` for every key, beneath its section's head. Writing to a string cannot fail, so no result is looked at.
fn by_section(out: &mut String, each: impl Fn(&mut String, &str, &dyn Describe)) {
    let mut current = "";
    for key in keys::all() {
        let (section, name) = key::split(key.name());
        if section != current {
            let _ = writeln!(out, "\n[{section}]");
            current = section;
        }
        each(out, name, key);
    }
}
