//! What `config` prints, and that it tells of every key.

use super::{MINIMAL, load};
use crate::config::{key, keys, reference};

#[test]
fn the_rendering_loads_again_to_the_same() {
    let text = format!("{MINIMAL}budget_per_minute = 1_000\n[policy.windows]\nactive = \"1h 30m\"\n");
    let config = load(&text, &[("SESSION_RESUMPTION__SERVER__LISTEN", "[::1]:0")]).unwrap();
    let again = load(&config.render(), &[]).unwrap();
    let values = |config: &super::Config| {
        format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            config.server,
            config.tls,
            config.auth,
            config.web,
            config.limits,
            config.genesys,
            config.platform,
            config.mirror,
            config.policy,
            config.handshake,
            config.inject,
            config.store,
            config.tracing
        )
    };
    assert_eq!(values(&config), values(&again));
}

#[test]
fn the_rendering_tells_where_each_value_came_from() {
    let rendered = load(MINIMAL, &[("SESSION_RESUMPTION__GENESYS__TIMEOUT", "5s")]).unwrap().render();
    let lines = [
        "timeout = \"5s\" # from SESSION_RESUMPTION__GENESYS__TIMEOUT",
        "client_id = \"client\" # from the file",
        "budget_per_minute = 300 # default",
        "client_secret = \"[redacted]\" # from the file",
        "# client_secret_file: not given",
        "[policy.windows]",
    ];
    for line in lines {
        assert!(rendered.lines().any(|found| found == line), "{line}\n{rendered}");
    }
}

#[test]
fn odd_values_are_printed_as_toml() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a \"quoted\" # 'name'");
    std::fs::write(&path, "hunter2").unwrap();
    let text = MINIMAL.replace("client_secret = \"hunter2-hunter2\"", "");
    let env = [("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET_FILE", path.to_str().unwrap())];
    let table: toml::Table = load(&text, &env).unwrap().render().parse().unwrap();
    assert_eq!(table["genesys"]["client_secret_file"].as_str(), path.to_str());
}

/// A key that is listed but read by no section would be accepted and do nothing.
#[test]
fn every_listed_key_is_read() {
    let rendered: toml::Table = load(MINIMAL, &[]).unwrap().render().parse().unwrap();
    for key in keys::all() {
        let (section, name) = key::split(key.name());
        let mut table = &rendered;
        for part in section.split('.') {
            table = table[part].as_table().unwrap();
        }
        assert!(table.contains_key(name) || key.default().is_none(), "{}", key.name());
    }
}

/// What is printed as a default is what a loader without that key uses, so it must be acceptable where it is written out.
#[test]
fn every_default_is_accepted_when_written_out() {
    for key in keys::all() {
        if let Some(default) = key.default() {
            load(MINIMAL, &[(&key::variable(key.name()), default)]).unwrap();
        }
    }
}

#[test]
fn the_reference_tells_of_every_key() {
    let reference = reference();
    for key in keys::all() {
        let (section, name) = key::split(key.name());
        for words in [&format!("\n[{section}]\n"), &format!("\n  {name}\n"), key.help(), key.why(), &key.allowed()] {
            assert!(reference.contains(words), "{}: {words}", key.name());
        }
    }
}

#[test]
fn tracing_is_off_unless_a_collector_is_named() {
    let tracing = |env: &[(&str, &str)]| load(MINIMAL, env).unwrap().tracing;
    assert!(tracing(&[]).otlp_endpoint.is_none());
    let http = ("SESSION_RESUMPTION__TRACING__OTLP_PROTOCOL", "http");
    let told = tracing(&[("SESSION_RESUMPTION__TRACING__OTLP_ENDPOINT", "https://collector/otlp"), http]);
    assert_eq!(told.otlp_endpoint.unwrap().as_str(), "https://collector/otlp");
    for (text, ratio) in [("0", 0.0), ("0.25", 0.25), ("1", 1.0), ("1.0", 1.0)] {
        let told = tracing(&[("SESSION_RESUMPTION__TRACING__SAMPLE_RATIO", text)]);
        assert!((told.sample_ratio - ratio).abs() < f64::EPSILON, "{text}");
    }
}
