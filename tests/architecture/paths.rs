//! Finding every path that a source names, in whatever spelling.

use crate::words::{Word, is_name};

/// A path as written: its segments, where, and inside which inline modules.
#[derive(Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    pub(crate) inside: Vec<String>,
}

/// Every path in the source: what is imported, what is named in full in between, and what is derived.
pub(crate) fn paths(words: &[Word]) -> Vec<Named> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut found = Vec::new();
    let mut inside: Vec<(String, usize)> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while at < words.len() {
        let modules = || inside.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let named = |(segments, line)| Named { segments, line, inside: modules() };
        match text(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inside.retain(|(_, opened)| *opened <= depth);
            }
            "mod" if text(at + 2) == "{" => {
                inside.push((text(at + 1).to_owned(), depth + 1));
                at += 1;
            }
            // `use<T>` of a type says what it captures, and names nothing.
            "use" if (at == 0 || text(at - 1) != "::") && text(at + 1) != "<" => {
                let mut leaves = Vec::new();
                at = tree(words, at + 1, &[], &mut leaves);
                found.extend(leaves.into_iter().map(named));
                continue;
            }
            "derive" if text(at + 1) == "(" => {
                let derived = words[at + 2..].iter().take_while(|word| word.text != ")");
                let wire = derived.filter(|word| word.text == "Serialize" || word.text == "Deserialize");
                let segments = |word: &Word| (vec!["serde".to_owned(), word.text.clone()], word.line);
                found.extend(wire.map(segments).map(named));
            }
            _ if is_name(&words[at]) && text(at + 1) == "::" => {
                let (mut segments, line) = (vec![text(at).to_owned()], words[at].line);
                while text(at + 1) == "::" && words.get(at + 2).is_some_and(is_name) {
                    segments.push(text(at + 2).to_owned());
                    at += 2;
                }
                found.push(named((segments, line)));
                // Past a `::` that leads to no name, as in `collect::<Vec<_>>()`.
                at += usize::from(text(at + 1) == "::");
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads one branch of a `use`, and returns where it ends.
fn tree(words: &[Word], start: usize, before: &[String], leaves: &mut Vec<(Vec<String>, usize)>) -> usize {
    let mut segments = before.to_vec();
    let mut at = start;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "{" => {
                at += 1;
                while words.get(at).is_some_and(|word| word.text != "}") {
                    at = tree(words, at, &segments, leaves);
                    at += usize::from(words.get(at).is_some_and(|word| word.text == ","));
                }
                return at + 1;
            }
            "as" => at += 1,
            "," | "}" | ";" => break,
            "::" => {}
            // A name that is kept raw is still the name.
            "r" if words.get(at + 1).is_some_and(|next| next.text == "#") => at += 1,
            name => segments.push(name.to_owned()),
        }
        at += 1;
    }
    // `use a::{self}` names `a`.
    if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
        segments.pop();
    }
    let line = words.get(at.saturating_sub(1)).map_or(0, |word| word.line);
    leaves.push((segments, line));
    at
}
