//! Snippets that prove that the checker itself can fail, and that it does not when it should not.

use crate::check::{imports, shape};
use crate::rules::MAX_LINES;

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
        ("src/ports/mod.rs", "#[derive(Deserialize)] struct A;", "may use `serde`, not `ports`"),
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
        ("src/store/memory.rs", "use redis::Client;", "only store::redis may use `redis`, not `store`"),
        ("src/store/redis/steps.rs", "use serde::Serialize;", "store::redis::wire may use `serde`"),
        ("src/budget.rs", "use super::store;", "`budget` may use only domain, ports"),
        ("src/layers/a/mod.rs", "use crate::domain::ids::Pair;", "`layers` may use only cidr, domain::error, peer"),
        ("src/layers/a/mod.rs", "use crate::domain;", "`layers` may use only cidr, domain::error, peer"),
        ("src/server/grpc/mod.rs", "use crate::genesys::GuideConversations;", "`server` may use only"),
        ("src/server/grpc/mod.rs", "use crate::config::Config;", "`server` may use only"),
        ("src/server/grpc/mod.rs", "use serde::Deserialize;", "may use `serde`, not `server`"),
        ("src/telemetry/mod.rs", "use crate::config::Config;", "`telemetry` may use nothing of ours"),
        (
            "src/config/mod.rs",
            "use crate::domain::policy::Window;",
            "`config` may use only callers, cidr, loopback, store_url",
        ),
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
        ("src/domain/a.rs", "fn a<T>(b: T) -> impl Sized + use<T> { b }"),
        ("src/domain/a.rs", "let a = b.iter().collect::<Vec<_>>(); Reason::wire; pub(in crate::domain) fn c() {}"),
        (
            "src/ports/mod.rs",
            "use async_trait::async_trait; use crate::domain::ids::{Pair, TabId}; use tokio::time::Instant;",
        ),
        ("src/service/a.rs", "use crate::{domain::ids, ports::{self, Clock}}; use super::messages;"),
        ("src/genesys/guide.rs", "use serde::Deserialize; #[derive(Deserialize)] struct A; use super::answer;"),
        ("src/store/redis/mod.rs", "use ::redis::Client; use super::redis::wire;"),
        ("src/store/redis/wire/mod.rs", "use serde::Serialize;"),
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
