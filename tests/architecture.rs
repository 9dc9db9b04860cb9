//! Which room of `src/` may know which. Reads the sources word by word and fails on an import in a forbidden direction,
//! naming file, line and rule. A test inside `src/` keeps to its room's rules: what joins rooms is tested in `tests/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what they expect by failing")]

use std::fs;
use std::path::Path;

/// What each module, with all below it, may use of ours besides itself. The longest name that fits is the rule.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("service", &["domain", "ports"]),
    ("genesys", &["domain", "ports"]),
    ("store", &["domain", "ports"]),
    ("budget", &["domain", "ports"]),
    ("audit", &["domain", "ports"]),
    ("clock", &["domain", "ports"]),
    ("entropy", &["domain", "ports"]),
    ("layers", &["domain::error"]),
    ("server", &["domain", "ports", "service", "layers", "pb", "telemetry"]),
    ("telemetry", &[]),
    ("terminal", &[]),
    ("config", &[]),
    ("pb", &[]),
    ("cli", &["config"]),
    (
        "app",
        &[
            "config",
            "telemetry",
            "domain",
            "ports",
            "service",
            "layers",
            "server",
            "genesys",
            "store",
            "budget",
            "audit",
            "clock",
            "entropy",
        ],
    ),
    ("commands", &["app", "cli", "config", "demo", "telemetry", "terminal"]),
    ("commands::healthcheck", &["app", "cli", "config", "telemetry", "pb"]),
    ("demo", &["app", "config", "telemetry", "terminal", "pb"]),
    ("main", &["app", "cli", "commands", "config", "telemetry"]),
    // The root only declares the rooms: a re-export there would be a way around every rule.
    ("lib", &[]),
];

/// The only crates the domain may use: no IO, no async, no wire format.
const DOMAIN_CRATES: &[&str] = &["std", "core", "alloc", "jiff", "thiserror", "uuid"];

/// Crates that belong to some rooms alone.
const CRATE_ROOMS: &[(&str, &[&str])] = &[
    // Wire types stay where the wire is; everybody else sees domain words.
    ("serde", &["genesys", "config"]),
    ("reqwest", &["genesys", "commands", "demo", "app"]),
    ("tonic", &["server", "layers", "pb", "commands", "demo", "app"]),
    ("prost", &["server", "pb", "demo"]),
    ("axum", &["server", "layers", "commands", "demo", "app"]),
];

const MAX_LINES: usize = 400;

// === The rules, on the sources ===

#[test]
fn imports_go_only_in_the_direction_of_the_design() {
    let wrong: Vec<String> = sources().iter().flat_map(|(file, text)| imports(file, text, &dependencies())).collect();
    assert!(wrong.is_empty(), "{} forbidden imports:\n{}\n", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_can_be_read_in_one_go() {
    let wrong: Vec<String> = sources().iter().flat_map(|(file, text)| shape(file, text)).collect();
    assert!(wrong.is_empty(), "{}\n", wrong.join("\n"));
}

#[test]
fn the_sources_are_really_read() {
    let files = sources();
    assert!(files.iter().any(|(file, _)| file == "src/domain/decision.rs"), "{} files found", files.len());
    let domain = files.iter().filter(|(file, _)| file.starts_with("src/domain/"));
    let named: usize = domain.map(|(_, text)| paths(&words(&bare(text))).len()).sum();
    assert!(named > 50, "only {named} paths found in the domain");
    assert!(dependencies().iter().any(|name| name == "thiserror"));
}

/// Every source file by its path, in a stable order.
fn sources() -> Vec<(String, String)> {
    fn visit(folder: &Path, name: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = format!("{name}/{}", entry.file_name().into_string().unwrap());
            if path.is_dir() {
                visit(&path, &name, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "src", &mut found);
    found.sort();
    found
}

/// The crates that `Cargo.toml` names, as code spells them.
fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            names.push(name.replace('-', "_"));
        }
    }
    names
}

// === Checking ===

/// What is wrong with the imports of one file.
fn imports(file: &str, text: &str, dependencies: &[String]) -> Vec<String> {
    let module = module_of(file);
    let room = module.first().cloned().unwrap_or_default();
    let Some((_, may)) = rule_of(&module) else {
        return vec![format!("{file}: no rule for `{room}`; add a row to MAY_USE in tests/architecture.rs")];
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
            None => foreign(&room, &named.segments, dependencies),
        };
        wrong.extend(found.map(|why| format!("{file}:{line}: {why}")));
    }
    wrong.dedup();
    wrong
}

/// Why a room may not use another crate, if it may not.
fn foreign(room: &str, segments: &[String], dependencies: &[String]) -> Option<String> {
    let name = segments.first()?;
    if room == "domain" && dependencies.contains(name) && !DOMAIN_CRATES.contains(&name.as_str()) {
        return Some(format!("`domain` may use only the crates {}, but names `{name}`", DOMAIN_CRATES.join(", ")));
    }
    let (_, rooms) = CRATE_ROOMS.iter().find(|(only, _)| is_of(name, only))?;
    (!rooms.contains(&room)).then(|| format!("only {} may use `{name}`, not `{room}`", rooms.join(", ")))
}

/// Whether a crate is the one named or of its family (`tonic_types` of `tonic`); a value format is no wire type.
fn is_of(name: &str, family: &str) -> bool {
    let of = |rest: &str| rest.is_empty() || rest.starts_with('_');
    name != "serde_json" && name.strip_prefix(family).is_some_and(of)
}

/// What is wrong with the shape of one file.
fn shape(file: &str, text: &str) -> Vec<String> {
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

/// The module a file holds: `src/domain/pair.rs` is `domain::pair`, `src/domain/mod.rs` is `domain`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|segment| *segment != "mod").map(str::to_owned).collect()
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

// === Reading ===

/// A path as written: its segments, where, and inside which inline modules.
#[derive(Debug, PartialEq)]
struct Named {
    segments: Vec<String>,
    line: usize,
    inside: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Word {
    text: String,
    line: usize,
}

/// The source with every comment, string and character blanked, line by line as it was.
fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len()),
            ('/', Some('*')) => end_of_comment(&chars, at),
            ('r', Some('"' | '#')) if !continues_a_word(&chars, at) => end_of_raw(&chars, at),
            ('"', _) => end_of_quoted(&chars, at, '"'),
            // A lifetime has no closing quote after its first character.
            ('\'', Some(next)) if *next == '\\' || chars.get(at + 2) == Some(&'\'') => end_of_quoted(&chars, at, '\''),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Whether the character belongs to a word that began before it. The prefixes of `br""` and `cr""` are no such words.
fn continues_a_word(chars: &[char], at: usize) -> bool {
    let part = |i: usize| chars[i].is_alphanumeric() || chars[i] == '_';
    let prefix = |i: usize| matches!(chars[i], 'b' | 'c') && (i == 0 || !part(i - 1));
    at > 0 && part(at - 1) && !prefix(at - 1)
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

/// The end of `r"…"` or `r#"…"#`; the start itself when it is neither, such as `r#type`.
fn end_of_raw(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let closes = |i: &usize| chars[*i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    (open + 1..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes)
}

fn end_of_quoted(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// Names, `::`, and every other character by itself.
fn words(bare: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (number, line) in bare.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = if name > 0 {
                name
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            words.push(Word { text: rest[..length].to_owned(), line: number + 1 });
            rest = rest[length..].trim_start();
        }
    }
    words
}

fn is_name(word: &Word) -> bool {
    word.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Every path in the source: what is imported, what is named in full in between, and what is derived.
fn paths(words: &[Word]) -> Vec<Named> {
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
            "use" if at == 0 || text(at - 1) != "::" => {
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

// === The checker itself can fail ===

fn check(file: &str, text: &str) -> Vec<String> {
    let dependencies =
        ["async_trait", "axum", "jiff", "prost", "reqwest", "serde", "serde_json", "tokio", "tonic", "tracing"];
    imports(file, text, &dependencies.map(str::to_owned))
}

#[test]
fn forbidden_imports_are_found_in_every_spelling() {
    for (file, text, found) in [
        ("src/domain/a.rs", "use crate::ports::Clock;", "src/domain/a.rs:1: `domain` may use nothing of ours"),
        ("src/domain/a.rs", "\n\nuse tokio::time::Instant;", "src/domain/a.rs:3: `domain` may use only the crates"),
        ("src/domain/a.rs", "use serde::Serialize;", "`serde`"),
        ("src/domain/a.rs", "use tracing;", "`tracing`"),
        ("src/domain/a.rs", "use ::reqwest::Client;", "`reqwest`"),
        ("src/domain/a.rs", "use {std::fmt, tonic::Status};", "`tonic`"),
        ("src/domain/a.rs", "fn a() { axum::serve() }", "`axum`"),
        ("src/domain/a.rs", "#[derive(Debug, Serialize)]\nstruct A;", "`serde`"),
        ("src/domain/a.rs", "#[derive(Debug, serde::Deserialize)]\nstruct A;", "`serde`"),
        ("src/domain/a.rs", "#[async_trait::async_trait]\ntrait A {}", "`async_trait`"),
        ("src/domain/a.rs", "use super::super::config::Config;", "`crate::config::Config`"),
        ("src/domain/mod.rs", "use super::config::Config;", "`crate::config::Config`"),
        ("src/domain/a.rs", "mod tests { use super::super::super::config::Config; }", "`crate::config::Config`"),
        (
            "src/ports/mod.rs",
            "use crate::service::Caller;",
            "`ports` may use only domain, but names `crate::service::Caller`",
        ),
        ("src/ports/mod.rs", "#[derive(Deserialize)] struct A;", "only genesys, config may use `serde`, not `ports`"),
        ("src/service/a.rs", "use crate::{domain::ids, store::memory};", "`crate::store::memory`"),
        ("src/service/a.rs", "use crate::{\n    domain::ids,\n    store::{self, memory},\n};", "src/service/a.rs:3:"),
        ("src/service/a.rs", "use crate::telemetry;", "`crate::telemetry`"),
        ("src/service/a.rs", "fn a() -> tonic::Status { todo!() }", "`tonic`"),
        ("src/service/a.rs", "fn a(clock: &crate::clock::SystemClock) {}", "`crate::clock::SystemClock`"),
        (
            "src/service/a.rs",
            "mod tests { use crate::store::memory::MemoryStore; }",
            "`crate::store::memory::MemoryStore`",
        ),
        ("src/service/a.rs", "use crate::*;", "`crate::*`"),
        ("src/genesys/client.rs", "use crate::telemetry::metrics;", "`crate::telemetry::metrics`"),
        ("src/genesys/client.rs", "use crate::budget::GcraBudget;", "`genesys` may use only domain, ports"),
        ("src/genesys/client.rs", "use crate::config::Config as Settings;", "`crate::config::Config`"),
        ("src/store/memory.rs", "use crate::service::Rules;", "`store` may use only domain, ports"),
        ("src/budget.rs", "use super::store;", "`budget` may use only domain, ports"),
        ("src/layers/a/mod.rs", "use crate::domain::ids::Pair;", "`layers` may use only domain::error"),
        ("src/layers/a/mod.rs", "use crate::domain;", "`layers` may use only domain::error"),
        ("src/server/grpc/mod.rs", "use crate::genesys::GuideConversations;", "`server` may use only"),
        ("src/server/grpc/mod.rs", "use crate::config::Config;", "`server` may use only"),
        ("src/server/grpc/mod.rs", "use serde::Deserialize;", "only genesys, config may use `serde`, not `server`"),
        ("src/telemetry/mod.rs", "use crate::config::Config;", "`telemetry` may use nothing of ours"),
        ("src/config/mod.rs", "use crate::domain::policy::Window;", "`config` may use nothing of ours"),
        ("src/app.rs", "use crate::pb::Request;", "`crate::pb::Request`"),
        ("src/commands/serve.rs", "use crate::pb::Request;", "`crate::pb::Request`"),
        ("src/commands/serve.rs", "use crate::store::memory::MemoryStore;", "`commands` may use only"),
        ("src/main.rs", "use session_resumption::genesys::Client;", "`crate::genesys::Client`"),
        ("src/lib.rs", "pub use genesys::Client;", "`lib` may use nothing of ours, but names `crate::genesys::Client`"),
        ("src/lib.rs", "pub use self::genesys::Client;", "`crate::genesys::Client`"),
        ("src/attic.rs", "", "no rule for `attic`"),
    ] {
        let told = check(file, text);
        assert!(told.iter().any(|line| line.contains(found)), "{file}: {text}\n  should tell {found:?}, but: {told:?}");
    }
}

#[test]
fn what_is_allowed_or_only_looks_like_an_import_passes() {
    for (file, text) in [
        ("src/domain/a.rs", "use super::lease::{Fenced, Lease};\nuse jiff::Timestamp;\nuse std::fmt;"),
        ("src/domain/a.rs", "mod tests { use super::*; use super::super::ids; }"),
        (
            "src/domain/a.rs",
            "//! See [`Store`](crate::store::Store).\n// use crate::store;\n/* use /* crate::store */ tokio; */",
        ),
        ("src/domain/a.rs", r##"const A: &str = "use crate::store;"; const B: &str = r#"" use tokio::x"#;"##),
        ("src/domain/a.rs", r#"const A: char = '"'; fn a<'a>(b: &'a str) {} const C: &str = "crate::store::x";"#),
        ("src/domain/a.rs", r"const A: char = '\''; const B: &[u8] = b'\\'; use super::ids;"),
        ("src/domain/a.rs", "let r#use = reuse::axum; let tokio = 1; tokio.a();"),
        ("src/domain/a.rs", "let a = b.iter().collect::<Vec<_>>(); Reason::wire; pub(in crate::domain) fn c() {}"),
        (
            "src/ports/mod.rs",
            "use async_trait::async_trait; use crate::domain::ids::{Pair, TabId}; use tokio::time::Instant;",
        ),
        ("src/service/a.rs", "use crate::{domain::ids, ports::{self, Clock}}; use super::messages;"),
        ("src/genesys/guide.rs", "use serde::Deserialize; #[derive(Deserialize)] struct A; use super::answer;"),
        ("src/layers/a/mod.rs", "use crate::domain::error::{Error, Kind}; use super::super::layers::b;"),
        (
            "src/server/grpc/mod.rs",
            "use crate::{pb, service::Caller}; use super::super::telemetry; use tonic_types::StatusExt;",
        ),
        ("src/server/http.rs", "use serde_json::Value;"),
        ("src/app.rs", "use crate::config::{self, Config}; use crate::store::memory::MemoryStore;"),
        ("src/commands/healthcheck.rs", "use crate::pb::Request; use super::run; use crate::cli::Cli;"),
        ("src/demo/chat.rs", "use crate::pb::Request; use tonic::transport::Channel;"),
        ("src/main.rs", "use session_resumption::cli::Cli; use session_resumption::commands;"),
        ("src/lib.rs", "pub mod app;\npub mod store;"),
    ] {
        assert_eq!(check(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}

#[test]
fn a_file_without_a_word_about_itself_or_with_too_many_is_found() {
    assert_eq!(shape("src/a.rs", "//! A room.\nfn a() {}\n"), Vec::<String>::new());
    assert_eq!(shape("src/a.rs", "fn a() {}\n"), ["src/a.rs:1: a file opens by saying what it is (`//!`)"]);
    let long = format!("//! A room.\n{}", "\n".repeat(MAX_LINES));
    assert_eq!(shape("src/a.rs", &long), ["src/a.rs:401: a file has at most 400 lines"]);
    assert_eq!(shape("src/a.rs", &long[..long.len() - 1]), Vec::<String>::new());
}
