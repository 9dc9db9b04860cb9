//! Checking: what one file does that the rules forbid.

use crate::paths::{Named, paths};
use crate::rules::{CRATE_ROOMS, DOMAIN_CRATES, MAX_LINES, MAY_USE};
use crate::sources::module_of;
use crate::words::{bare, words};

/// What is wrong with the imports of one file.
pub(crate) fn imports(file: &str, text: &str, dependencies: &[String]) -> Vec<String> {
    let module = module_of(file);
    let room = module.first().cloned().unwrap_or_default();
    let Some((_, may)) = rule_of(&module) else {
        return vec![format!("{file}: no rule for `{room}`; add a row to MAY_USE in tests/architecture/rules.rs")];
    };
    let mut wrong = Vec::new();
    for named in paths(&words(&bare(text))) {
        let line = named.line;
        let found = match resolve(&named, &module) {
            Some(target) => {
                let own = target.first() == Some(&room);
                let shown = target.join("::");
                (!own && !may.iter().any(|allowed| is_within(&target, allowed))).then(|| match may {
                    [] => format!("`{room}` may use nothing of ours, but names `crate::{shown}`"),
                    may => format!("`{room}` may use only {}, but names `crate::{shown}`", may.join(", ")),
                })
            }
            None => foreign(&module, &named.segments, dependencies),
        };
        wrong.extend(found.map(|why| format!("{file}:{line}: {why}")));
    }
    wrong.dedup();
    wrong
}

/// Why a module may not use another crate, if it may not.
fn foreign(module: &[String], segments: &[String], dependencies: &[String]) -> Option<String> {
    let (room, name) = (module.first()?, segments.first()?);
    if room == "domain" && dependencies.contains(name) && !DOMAIN_CRATES.contains(&name.as_str()) {
        return Some(format!("`domain` may use only the crates {}, but names `{name}`", DOMAIN_CRATES.join(", ")));
    }
    let (_, rooms) = CRATE_ROOMS.iter().find(|(only, _)| is_of(name, only))?;
    let inside = rooms.iter().any(|allowed| is_within(module, allowed));
    (!inside).then(|| format!("only {} may use `{name}`, not `{room}`", rooms.join(", ")))
}

/// Whether a crate is the one named or of its family (`tonic_types` of `tonic`); a value format is no wire type.
fn is_of(name: &str, family: &str) -> bool {
    let of = |rest: &str| rest.is_empty() || rest.starts_with('_');
    name != "serde_json" && name.strip_prefix(family).is_some_and(of)
}

/// What is wrong with the shape of one file.
pub(crate) fn shape(file: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if !text.trim_start().starts_with("//!") {
        wrong.push(format!("{file}:1: a file opens by saying what it is (`//!`)"));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        wrong.push(format!("{file}:{lines}: a file has at most {MAX_LINES} lines"));
    }
    wrong
}

/// The row of [`MAY_USE`] that fits a module best.
fn rule_of(module: &[String]) -> Option<&'static (&'static str, &'static [&'static str])> {
    MAY_USE.iter().filter(|(name, _)| is_within(module, name)).max_by_key(|(name, _)| name.len())
}

/// Whether a path is a module, or something below it.
fn is_within(path: &[String], module: &str) -> bool {
    let mut path = path.iter();
    module.split("::").all(|segment| path.next().is_some_and(|own| own == segment))
}

/// The place in our crate that a path names; `None` for another crate, or a name in scope.
fn resolve(named: &Named, module: &[String]) -> Option<Vec<String>> {
    let is_root = module == ["lib"] || module == ["main"];
    let mut here: Vec<String> = if is_root { Vec::new() } else { module.to_vec() };
    here.extend(named.inside.iter().cloned());
    let mut rest = named.segments.as_slice();
    let first = rest.first()?.as_str();
    match first {
        "crate" | "session_resumption" => {
            here.clear();
            rest = &rest[1..];
        }
        "self" | "super" => {
            while let Some(step) = rest.first().filter(|step| *step == "self" || *step == "super") {
                if step == "super" {
                    here.pop();
                }
                rest = &rest[1..];
            }
        }
        // In the root, a room's bare name is a path to it.
        name if here.is_empty() && MAY_USE.iter().any(|(room, _)| *room == name) => {}
        _ => return None,
    }
    here.extend(rest.iter().cloned());
    (!here.is_empty()).then_some(here)
}
