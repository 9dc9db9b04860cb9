//! The program as its operator meets it: words in, an exit code and a few lines out.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cli/check.rs"]
mod check;
#[path = "cli/degraded.rs"]
mod degraded;
#[path = "cli/forgotten.rs"]
mod forgotten;
#[path = "cli/process.rs"]
mod process;
#[path = "cli/replicas.rs"]
mod replicas;
#[path = "support/redis/mod.rs"]
mod servers;
#[path = "cli/serving.rs"]
mod serving;
#[path = "cli/storm.rs"]
mod storm;

use std::io::Write as _;

use sha2::{Digest as _, Sha256};

use process::{Ended, program, run};

const SECRET: &str = "hunter2-and-more";

/// What every service must be given, as environment variables.
fn given() -> Vec<(&'static str, String)> {
    [
        ("SESSION_RESUMPTION__GENESYS__PROFILE", "guide"),
        ("SESSION_RESUMPTION__GENESYS__API_URL", "http://127.0.0.1:9"),
        ("SESSION_RESUMPTION__GENESYS__LOGIN_URL", "http://127.0.0.1:9"),
        ("SESSION_RESUMPTION__GENESYS__CLIENT_ID", "client"),
        ("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET", SECRET),
        ("SESSION_RESUMPTION__SERVER__LISTEN", "127.0.0.1:0"),
        ("SESSION_RESUMPTION__SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

async fn with(words: &[&str], settings: &[(&str, &str)]) -> Ended {
    let mut command = program(words);
    command.envs(given()).envs(settings.iter().copied());
    run(command).await
}

#[tokio::test]
async fn help_names_every_command_and_every_exit_code() {
    for words in [&["--help"][..], &["help"], &["-h"]] {
        let help = run(program(words)).await;
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
        for told in [
            "serve",
            "demo",
            "storm",
            "config",
            "check",
            "key",
            "openapi",
            "healthcheck",
            "Exit codes:",
            "  0 ",
            "  1 ",
            "  64 ",
        ] {
            assert!(help.stdout.contains(told), "{words:?}: {told}\n{}", help.stdout);
        }
        assert!(!help.stdout.contains('\u{1b}'), "{words:?}");
    }
    for command in ["serve", "demo", "storm", "config", "check", "key", "openapi", "healthcheck"] {
        let help = run(program(&[command, "--help"])).await;
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""), "{command}");
        assert!(help.stdout.contains("Usage: session-resumption"), "{}", help.stdout);
    }
    let version = run(program(&["--version"])).await;
    assert_eq!(version.stdout.trim(), concat!("session-resumption ", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn words_that_make_no_sense_end_with_64() {
    for words in [
        &[][..],
        &["nope"],
        &["serve", "extra"],
        &["--nope"],
        &["serve", "--config"],
        &["demo", "--twice"],
        &["key", "--name", "a", "--role", "browser"],
        &["healthcheck", "--timeout", "3"],
        &["healthcheck", "--address", "127.0.0.1:50051"],
    ] {
        let ended = run(program(words)).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{words:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("--help"), "{words:?}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn whatever_is_missing_is_told_in_one_run() {
    for command in ["serve", "config"] {
        let ended = run(program(&[command])).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{command}");
        for key in ["profile", "api_url", "login_url", "client_id", "client_secret"] {
            let key = format!("genesys.{key}");
            assert!(ended.stderr.lines().any(|line| line.contains(&key)), "{command}: {key}\n{}", ended.stderr);
        }
        assert_eq!(ended.stderr.lines().count(), 5, "{}", ended.stderr);
    }
}

#[tokio::test]
async fn whatever_is_wrong_is_told_in_one_run() {
    let settings = [
        ("SESSION_RESUMPTION__GENESYS__PROFILE", "gide"),
        ("SESSION_RESUMPTION__GENESYS__TIMEOUT", "5"),
        ("SESSION_RESUMPTION__GENESYS__API_URL", "ftp://api"),
        ("SESSION_RESUMPTION__SERVER__LISTEN", "0.0.0.0:50051"),
        ("SESSION_RESUMPTION__SERVER__DRAIN_TIMEOUT", "0s"),
        ("SESSION_RESUMPTION__GENESYS__BUDGET_PER_MINUTE", "-1"),
        ("SESSION_RESUMPTION__POLICY__WINDOWS__ACTIVE", "forever"),
        ("SESSION_RESUMPTION__STORE__URL", "redis://user:hunter2-and-more@localhost/state"),
        ("SESSION_RESUMPTION__GENESYS__TIMOUT", "5s"),
    ];
    let ended = with(&["serve"], &settings).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""));
    for (name, _) in settings {
        let key = name.trim_start_matches("SESSION_RESUMPTION__").to_lowercase().replace("__", ".");
        assert!(ended.stderr.contains(&key) || ended.stderr.contains(name), "{name}\n{}", ended.stderr);
    }
    // Two rules forbid the address.
    assert_eq!(ended.stderr.lines().count(), settings.len() + 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
}

#[tokio::test]
async fn a_file_that_is_not_there_or_not_toml_is_told_so() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "[genesys]\nclient_secret = {SECRET}\n").unwrap();
    for path in ["/nowhere/at/all.toml", file.path().to_str().unwrap()] {
        let ended = run(program(&["serve", "--config", path])).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{path}");
        assert!(ended.stderr.contains(path), "{}", ended.stderr);
        assert!(!ended.stderr.contains(SECRET), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn config_prints_what_is_in_force_without_the_secret() {
    let dir = tempfile::tempdir().unwrap();
    let (file, secret) = (dir.path().join("config.toml"), dir.path().join("secret"));
    std::fs::write(&secret, SECRET).unwrap();
    let text = format!(
        "[genesys]\nprofile = \"guide\"\napi_url = \"http://127.0.0.1:9\"\nlogin_url = \"http://127.0.0.1:9\"\n\
         client_id = \"client\"\nclient_secret_file = {secret:?}\ntimeout = \"7s\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let mut by_variable = program(&["config"]);
    by_variable.env("SESSION_RESUMPTION_CONFIG", file);
    let outputs = [
        with(&["config"], &[("SESSION_RESUMPTION__GENESYS__TIMEOUT", "7s")]).await,
        run(program(&["config", "--config", file])).await,
        run(by_variable).await,
    ];
    for printed in outputs {
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        let table: toml::Table = printed.stdout.parse().unwrap();
        assert_eq!(table["genesys"]["timeout"].as_str(), Some("7s"));
        assert_eq!(table["handshake"]["replay_ttl"].as_str(), Some("60s"));
        assert!(!printed.stdout.contains(SECRET), "{}", printed.stdout);
    }
}

#[tokio::test]
async fn a_secret_in_the_wrong_place_or_shape_is_not_printed_either() {
    let broken = format!("{SECRET}\nx");
    for (name, value) in [
        ("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET", broken.as_str()),
        ("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET_FILE", SECRET),
    ] {
        for command in ["serve", "config"] {
            let ended = with(&[command], &[(name, value)]).await;
            assert_eq!(ended.code, Some(64), "{command} {name}");
            assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(SECRET), "{}", ended.stderr);
        }
    }
}

#[tokio::test]
async fn the_demo_ends_well_and_prints_no_colours_into_a_pipe() {
    let ended = run(program(&["demo", "--once"])).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let right = ended.stdout.lines().filter(|line| line.trim_end().ends_with(" ok")).count();
    assert_eq!(right, 22, "each scenario on both contracts\n{}", ended.stdout);
    assert_eq!(ended.stdout.matches("11 of 11").count(), 2, "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
}

#[tokio::test]
async fn whoever_stops_reading_is_no_reason_to_panic() {
    for words in [&["config"][..], &["demo", "--once"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program(words);
        command.envs(given()).stdout(writer);
        let ended = run(command).await;
        assert!(!ended.stderr.contains("panicked"), "{words:?}: {}", ended.stderr);
        assert!(matches!(ended.code, Some(0 | 1)), "{words:?}: {:?}", ended.code);
    }
}

/// What it prints is a file that names a caller, and the key it prints is that caller's.
#[tokio::test]
async fn a_key_is_made_with_the_lines_that_name_it() {
    let made = run(program(&["key", "--name", "back\"end", "--role", "service"])).await;
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""));
    let key = made.stdout.lines().find_map(|line| line.strip_prefix("# sr_")).unwrap();
    let table: toml::Table = made.stdout.parse().unwrap();
    let entry = &table["api_key"][0];
    assert_eq!((entry["name"].as_str(), entry["role"].as_str()), (Some("back\"end"), Some("service")));
    let hash = Sha256::digest(format!("sr_{key}")).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!(entry["sha256"].as_str(), Some(hash.as_str()));
    let refused = run(program(&["key", "--name", "a name", "--role", "service"])).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(64), ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("a name is 1 to 128 visible"), "{}", refused.stderr);
    let again = run(program(&["key", "--name", "a", "--role", "service"])).await;
    assert!(!again.stdout.contains(key), "each is new");
}

#[tokio::test]
async fn the_description_of_the_calls_needs_no_configuration() {
    let ended = run(program(&["openapi"])).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document, session_resumption::server::openapi::document().unwrap());
}
