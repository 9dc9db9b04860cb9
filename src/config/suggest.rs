//! Guesses which key was meant by a name nobody knows.

use super::key::{self, Describe, VARIABLE_PREFIX};
use super::keys;

/// What to tell of an unknown name in the file.
pub(super) fn key(wrong: &str) -> String {
    hint(nearest(wrong).map(str::to_owned))
}

/// What to tell of an unknown variable.
pub(super) fn variable(wrong: &str) -> String {
    let name = wrong.strip_prefix(VARIABLE_PREFIX).unwrap_or(wrong);
    // A section cannot be set by a variable, so only keys are of use here.
    let nearest = nearest(&name.replace("__", ".").to_lowercase()).filter(|name| keys::find(name).is_some());
    hint(nearest.map(key::variable))
}

fn hint(nearest: Option<String>) -> String {
    match nearest {
        Some(name) => format!("did you mean {name}?"),
        None => "`session-resumption config --help` lists what can be set".to_owned(),
    }
}

/// The known name that takes the fewest edits; else the only one that ends alike, for a key in the wrong section.
fn nearest(wrong: &str) -> Option<&'static str> {
    let known = || keys::all().map(Describe::name).chain(keys::sections());
    // More edits than a quarter of the name make another name, not a slip.
    let tolerance = (wrong.chars().count() / 4).clamp(1, 4);
    let close = known().map(|name| (edits(wrong, name), name)).filter(|(edits, _)| *edits <= tolerance).min();
    close.map(|(_, name)| name).or_else(|| {
        let mut alike = known().filter(|name| key::split(name).1 == key::split(wrong).1);
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// How many insertions, deletions and replacements of a character turn one name into the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, left) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
