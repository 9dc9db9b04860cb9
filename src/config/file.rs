//! Reads the TOML file and flattens its sections into keys.

use std::path::Path;

use toml::{Table, Value};

use super::keys;
use super::source::{Origin, Raw, Sources};
use super::suggest;

/// The file as a tree. Of a syntax error only the place and the parser's own words are told: its display quotes the line, which
/// may be the one with the secret.
pub(super) fn parse(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
    text.parse::<Table>().map_err(|error| {
        let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
        format!("{}: not TOML at line {line}, column {column}: {}", path.display(), error.message())
    })
}

/// Files each value under its key; what has no place is a problem.
pub(super) fn flatten(table: &Table, section: &str, into: &mut Sources) {
    for (name, value) in table {
        let path = join(section, name);
        if let Some(key) = keys::find(&path) {
            let raw = scalar(value);
            if raw.is_none() {
                into.problems.push(format!(
                    "{path} (from the file): takes one value, not {}. allowed: {}",
                    kind(value),
                    key.allowed()
                ));
            }
            into.values.insert(key.name(), raw);
        } else if keys::sections().contains(&path.as_str()) {
            match value {
                Value::Table(inner) => flatten(inner, &path, into),
                other => into.problems.push(format!(
                    "{path} (from the file): a section, not {}; write [{path}] and its keys beneath",
                    kind(other)
                )),
            }
        } else {
            // Never with its value: a misspelt key may hold a secret.
            let what = if value.is_table() { "section" } else { "key" };
            into.problems.push(format!("{path} (from the file): unknown {what}; {}", suggest::key(&path)));
        }
    }
}

fn scalar(value: &Value) -> Option<Raw> {
    let (text, bare) = match value {
        Value::String(text) => (text.clone(), false),
        Value::Array(_) | Value::Table(_) => return None,
        number => (number.to_string(), true),
    };
    Some(Raw { text, bare, origin: Origin::File })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
        _ => "a value",
    }
}

/// A name that needs quotes keeps them: `"genesys.timeout"` is one odd name, not a key in a section.
fn join(section: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let name = if plain { name.to_owned() } else { format!("{name:?}") };
    if section.is_empty() { name } else { format!("{section}.{name}") }
}

/// Line and column, from 1, of a byte of the text.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    (line, column)
}
