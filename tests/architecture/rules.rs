//! The rules, as tables, and the sources held against them.

use crate::check::{imports, shape};
use crate::paths::paths;
use crate::sources::{dependencies, sources};
use crate::words::{bare, words};

/// What each module, with all below it, may use of ours besides itself. The longest name that fits is the rule.
/// A test inside `src/` keeps to its room's rules: what joins rooms is tested in `tests/`.
pub(crate) const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("service", &["domain", "ports"]),
    ("genesys", &["domain", "ports"]),
    // The address of a channel's socket comes from Genesys, and is held to be as safe as the API's own.
    ("genesys::notifications", &["domain", "loopback", "ports"]),
    ("store", &["domain", "ports", "store_url"]),
    // One grammar, which the configuration checks and the store goes by.
    ("store_url", &[]),
    ("peer", &[]),
    ("listener", &["peer", "ports"]),
    ("cidr", &[]),
    ("loopback", &[]),
    ("callers", &["domain", "loopback"]),
    ("auth", &["callers", "domain", "ports"]),
    ("budget", &["domain", "ports"]),
    ("degraded", &["ports"]),
    ("audit", &["domain", "ports"]),
    ("clock", &["domain", "ports"]),
    ("entropy", &["domain", "ports"]),
    ("layers", &["cidr", "domain::error", "peer"]),
    ("server", &["auth", "cidr", "domain", "layers", "pb", "peer", "ports", "service", "telemetry"]),
    ("telemetry", &[]),
    ("terminal", &[]),
    ("config", &["callers", "cidr", "loopback", "store_url"]),
    ("pb", &[]),
    ("cli", &["config", "domain"]),
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
            "store_url",
            "budget",
            "degraded",
            "audit",
            "clock",
            "entropy",
            "auth",
            "callers",
            "cidr",
            "listener",
            "peer",
        ],
    ),
    ("commands", &["app", "callers", "cli", "config", "demo", "domain", "storm", "telemetry", "terminal"]),
    ("commands::check", &["app", "config", "genesys", "telemetry", "terminal"]),
    ("commands::openapi", &["server", "terminal"]),
    ("commands::healthcheck", &["app", "cli", "config", "telemetry", "pb"]),
    ("demo", &["app", "config", "telemetry", "terminal", "pb"]),
    // It joins what `app` joins, by hand: another clock, another Genesys, and no port.
    ("storm", &["budget", "cli::storm", "degraded", "domain", "ports", "service", "store::memory", "terminal"]),
    ("main", &["app", "cli", "commands", "config", "telemetry"]),
    // The root only declares the rooms: a re-export there would be a way around every rule.
    ("lib", &[]),
];

/// The only crates the domain may use: no IO, no async, no wire format.
pub(crate) const DOMAIN_CRATES: &[&str] = &["std", "core", "alloc", "jiff", "thiserror", "uuid"];

/// Crates that belong to some modules alone, with all below them.
pub(crate) const CRATE_ROOMS: &[(&str, &[&str])] = &[
    // Wire types stay where the wire is; everybody else sees domain words.
    ("serde", &["auth", "callers", "genesys", "config", "store::redis::wire"]),
    ("reqwest", &["auth", "genesys", "telemetry::traces", "commands", "demo", "app"]),
    // Spans are made by `tracing` everywhere; their contexts come and go here.
    ("opentelemetry", &["telemetry", "layers::trace", "genesys::spans"]),
    ("tracing_opentelemetry", &["telemetry", "layers::trace", "genesys::spans"]),
    ("tonic", &["server", "layers", "pb", "commands", "demo", "app"]),
    ("prost", &["server", "pb", "demo"]),
    ("axum", &["auth::tests", "server", "layers", "listener", "commands", "demo", "app"]),
    ("hyper", &["listener"]),
    ("hyper_util", &["listener"]),
    ("redis", &["store::redis"]),
    ("plotters", &["storm::picture"]),
    ("indicatif", &["storm"]),
    ("tokio_tungstenite", &["genesys::notifications"]),
];

pub(crate) const MAX_LINES: usize = 400;

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
