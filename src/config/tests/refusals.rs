//! What is refused, and with which words.

use std::path::Path;

use super::{MINIMAL, load, problem_with, problems};

const DURATIONS: [&str; 4] =
    ["genesys.timeout", "server.drain_timeout", "server.max_call_time", "handshake.replay_ttl"];
const WINDOWS: [&str; 5] = ["disconnected", "active", "transfer", "queue", "reroute"];
const URLS: [&str; 2] = ["genesys.api_url", "genesys.login_url"];

#[test]
fn a_refusal_names_key_value_origin_reason_and_what_is_allowed() {
    let text = format!("{MINIMAL}timeout = \"3\"\n");
    let expected = r#"genesys.timeout = "3" (from the file): a duration needs a unit; write 3s. allowed: 50ms to 1m"#;
    assert_eq!(problems(&text, &[]), [expected]);
    assert_eq!(problems(&text.replace("\"3\"", "3"), &[]), [expected.replace("\"3\"", "3")]);
    assert_eq!(
        problem_with("genesys.timeout", "3"),
        expected.replace("the file", "SESSION_RESUMPTION__GENESYS__TIMEOUT")
    );
}

#[test]
fn values_out_of_place_are_refused() {
    let table = [
        ("server.listen", "localhost:50051", "not an IP address and a port"),
        ("server.listen", "127.0.0.1", "not an IP address and a port"),
        ("server.listen", "127.0.0.1:65536", "not an IP address and a port"),
        ("server.admin_listen", "9090", "not an IP address and a port"),
        ("server.max_connections", "9", "out of range"),
        ("server.max_connection_age", "73h", "too long"),
        ("auth.callers_file", "/nowhere/callers.toml", "cannot be read"),
        ("auth.session_token_secret_file", "/nowhere/secrets", "cannot be read"),
        ("auth.session_token_ttl", "1m", "too short"),
        ("tls.certificate_file", "/nowhere/cert.pem", "cannot be read"),
        ("tls.key_file", "/nowhere/key.pem", "cannot be read"),
        ("tls.key_file", "/dev/null", "holds no private key"),
        ("tls.client_ca_file", "/dev/null", "holds no certificate"),
        ("tls.allow_plaintext", "yes", "neither true nor false"),
        ("web.allowed_origins", "*", "a wildcard"),
        ("web.allowed_origins", "https://*.example.com", "a wildcard"),
        ("web.allowed_origins", "https://a.example.com/", "a browser sends https://a.example.com"),
        ("web.allowed_origins", "https://a.example.com:443", "a browser sends https://a.example.com"),
        ("web.allowed_origins", "http://a.example.com", "begin with https://"),
        ("web.allowed_origins", "https://a.example.com,", "empty between commas"),
        ("web.allowed_origins", "null", "not an origin"),
        ("web.cookie_same_site", "Strict", "no such choice"),
        ("limits.address", "60", "it needs a unit"),
        ("limits.session", "60/h", "the unit is s or m"),
        ("limits.service", "0/m", "out of range"),
        ("limits.max_concurrent_calls", "0", "out of range"),
        ("limits.trusted_proxies", "10.0.0.1/8", "bits beyond the prefix"),
        ("limits.trusted_proxies", "proxy", "not an IP address"),
        ("server.drain_timeout", "999ms", "too short"),
        ("server.drain_timeout", "601s", "too long"),
        ("server.max_call_time", "99ms", "too short"),
        ("server.max_call_time", "5m 1ms", "too long"),
        ("genesys.timeout", "49ms", "too short"),
        ("genesys.timeout", "60001ms", "too long"),
        ("handshake.replay_ttl", "999ms", "too short"),
        ("handshake.replay_ttl", "1h 1s", "too long"),
        ("genesys.profile", "other", r#"no such choice. allowed: "guide" or "platform""#),
        ("genesys.profile", "Guide", "no such choice"),
        ("genesys.read_method", "post", r#"allowed: "POST" or "GET""#),
        ("genesys.token_refresh", "per-request", r#"allowed: "cached" or "per_request""#),
        ("inject.marker_author", "agent", r#"allowed: "customer" or "system""#),
        ("genesys.client_id", "", "empty"),
        ("genesys.client_id", "id\n", "a blank, a line break"),
        ("genesys.client_id", " id", "a blank, a line break"),
        ("genesys.budget_per_minute", "9", "out of range. allowed: a whole number from 10 to 100000"),
        ("genesys.budget_per_minute", "100001", "out of range"),
        ("genesys.budget_per_minute", "99999999999999999999", "not a whole number"),
        ("genesys.budget_per_minute", "-300", "not a whole number"),
        ("genesys.budget_per_minute", "+300", "not a whole number"),
        ("genesys.budget_per_minute", "0300", "not a whole number"),
        ("genesys.budget_per_minute", "300.0", "not a whole number"),
        ("genesys.budget_per_minute", "", "not a whole number"),
        ("tracing.otlp_endpoint", "collector:4317", "neither https nor http"),
        ("tracing.otlp_endpoint", "collector", "has no scheme"),
        ("tracing.otlp_protocol", "thrift", "no such choice"),
        ("tracing.sample_ratio", "1.1", "out of range. allowed: a number from 0 to 1, such as 0.05"),
        ("tracing.sample_ratio", "-0.1", "not a number"),
        ("tracing.sample_ratio", "5%", "not a number"),
        ("tracing.sample_ratio", "nan", "not a number"),
        ("tracing.sample_ratio", ".5", "not a number"),
        ("tracing.sample_ratio", "1e-1", "not a number"),
        ("genesys.degraded_share", "0", "out of range. allowed: a number above 0 and up to 1, such as 0.25"),
        ("genesys.degraded_share", "0.0", "out of range"),
        ("genesys.degraded_share", "1.000001", "out of range"),
        ("genesys.degraded_share", "2", "out of range"),
        ("genesys.degraded_share", "10", "out of range"),
        ("genesys.degraded_share", "0.0000001", "more than six digits"),
        ("genesys.degraded_share", "-0.1", "not a number"),
        ("genesys.degraded_share", "+0.1", "not a number"),
        ("genesys.degraded_share", "1e-1", "not a number"),
        ("genesys.degraded_share", "0,1", "not a number"),
        ("genesys.degraded_share", ".1", "not a number"),
        ("genesys.degraded_share", "1.", "not a number"),
        ("genesys.degraded_share", "10%", "not a number"),
        ("genesys.degraded_share", "nan", "not a number"),
        ("genesys.degraded_share", "", "not a number"),
        ("store.url", "file:///tmp", "no such store; the schemes are redis, rediss, redis+sentinel, "),
        ("store.url", "memory", "not a URL"),
        ("store.url", "memory://x", "takes nothing after the colon"),
    ];
    for (key, value, words) in table {
        let problem = problem_with(key, value);
        assert!(problem.starts_with(&format!("{key} = {value:?} (from SESSION_RESUMPTION__")), "{problem}");
        assert!(problem.contains(words) && problem.contains(". allowed: "), "{problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
}

#[test]
fn a_collectors_address_carries_nothing_to_hide_and_fits_its_protocol() {
    for (value, words) in [
        ("http://hunter2@collector:4317", "must not carry credentials"),
        ("http://user:hunter2@collector:4317", "must not carry credentials"),
        ("http://collector:4317?token=hunter2", "must have no query"),
        ("http://collector:4317#hunter2", "must have no query"),
    ] {
        let problem = problem_with("tracing.otlp_endpoint", value);
        assert!(problem.starts_with("tracing.otlp_endpoint = \"[redacted]\" (from "), "{problem}");
        assert!(problem.contains(words) && !problem.contains("hunter2"), "{value}: {problem}");
    }
    let problem = problem_with("tracing.otlp_endpoint", "https://collector:4317");
    assert!(problem.contains("in the clear only") && problem.contains("tracing.otlp_protocol = \"http\""), "{problem}");
}

#[test]
fn a_store_that_cannot_be_meant_is_refused_unseen() {
    for (value, words) in [
        ("redis:", "names no host"),
        ("redis://", "names no host"),
        ("redis:///1", "names no host"),
        ("redis://:hunter2", "names no host"),
        ("redis://host:hunter2", "a port is a number from 1 to 65535"),
        ("redis://user:hunter2@one,two", "names several hosts"),
        ("redis+sentinel://:hunter2@host", "names no primary"),
        ("rediss+cluster://:hunter2@host/0", "has one database"),
        ("redi://:hunter2@host", "no such store"),
        ("redis://hunter2@host", "names a user without a password"),
        ("redis://host/hunter2", "must be the number of a database"),
        ("redis://host/0?password=hunter2", "must have no query"),
        ("redis://host/0#hunter2", "must have no query"),
    ] {
        let problem = problem_with("store.url", value);
        assert!(problem.starts_with("store.url = \"[redacted]\" (from "), "{problem}");
        assert!(problem.contains(words) && !problem.contains("hunter2"), "{value}: {problem}");
    }
}

#[test]
fn authorities_are_certificates_and_go_with_tls() {
    let file = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        file
    };
    let pem = file("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    let [none, torn] = [file("hello"), file("-----BEGIN CERTIFICATE-----\nMAA=\n")];
    for (url, path, words) in [
        ("rediss://host", Path::new("/nonexistent"), "cannot be read: "),
        ("rediss://host", Path::new("/"), "cannot be read: "),
        ("rediss://host", none.path(), "holds no certificate"),
        ("rediss://host", torn.path(), "is not PEM"),
        ("redis://host", pem.path(), "store.url does not use TLS"),
        ("memory:", pem.path(), "store.url does not use TLS"),
    ] {
        let path = path.to_str().unwrap();
        let env = [("SESSION_RESUMPTION__STORE__URL", url), ("SESSION_RESUMPTION__STORE__CA_FILE", path)];
        let found = problems(MINIMAL, &env);
        let begins = format!("store.ca_file = {path:?} (from SESSION_RESUMPTION__STORE__CA_FILE): ");
        assert!(found.len() == 1 && found[0].starts_with(&begins) && found[0].contains(words), "{found:?}");
    }
    for url in ["rediss://host", "rediss+sentinel://host/name", "rediss+cluster://host"] {
        let path = pem.path().to_str().unwrap();
        let env = [("SESSION_RESUMPTION__STORE__URL", url), ("SESSION_RESUMPTION__STORE__CA_FILE", path)];
        assert_eq!(load(MINIMAL, &env).unwrap().store.authorities.unwrap().path, pem.path());
    }
}

#[test]
fn durations_demand_a_unit_and_nothing_else() {
    for key in DURATIONS {
        for value in ["300", "0.5", "0"] {
            assert!(problem_with(key, value).contains(&format!("needs a unit; write {value}s")), "{key} {value}");
        }
        for value in [
            "",
            " ",
            ".",
            "s",
            "-3s",
            "3 parsecs",
            "3s ago",
            "1d",
            "1mo",
            "PT3S",
            "NaN",
            "inf",
            "1e3",
            "00:00:20",
            "unlimited",
            "٣s",
        ] {
            problem_with(key, value);
        }
    }
}

#[test]
fn windows_end_after_three_days() {
    for key in WINDOWS.map(|name| format!("policy.windows.{name}")) {
        assert!(problem_with(&key, "72h 1s").contains(r#"too long. allowed: 0s to 72h, or "unlimited""#));
        assert!(problem_with(&key, "300").contains("write 300s"));
        for value in ["Unlimited", "none", "-1s", ""] {
            problem_with(&key, value);
        }
    }
}

#[test]
fn urls_that_would_leak_or_mislead_are_refused() {
    let table = [
        ("", "has no scheme; begin with https://"),
        ("api.example.com", "has no scheme"),
        ("localhost:8080", "neither https nor http"),
        ("ftp://api.example.com", "neither https nor http"),
        ("http://api.example.com", "plain http would show the credentials"),
        ("http://localhost.example.com", "plain http"),
        ("http://128.0.0.1", "plain http"),
        ("http://[::2]", "plain http"),
        ("https://", "not a URL"),
        ("https://api.example.com:99999", "not a URL"),
        ("https:/api.example.com", "not a well-formed URL"),
        ("https:\\\\api.example.com", "not a well-formed URL"),
        (" https://api.example.com", "not a well-formed URL"),
        ("https://api.exam\nple.com", "not a well-formed URL"),
        ("https://user:pass@api.example.com", "must not carry credentials"),
        ("https://user@api.example.com", "must not carry credentials"),
        ("https://@api.example.com", "not a well-formed URL"),
        ("https://api.example.com?a=b", "no query and no fragment"),
        ("https://api.example.com?", "no query and no fragment"),
        ("https://api.example.com#a", "no query and no fragment"),
    ];
    for key in URLS {
        for (value, words) in table {
            let problem = problem_with(key, value);
            assert!(problem.contains(words), "{problem}");
        }
    }
}

#[test]
fn urls_that_paths_can_be_appended_to_are_accepted() {
    let urls = [
        "https://a.example",
        "https://a.example:8443/base/",
        "http://localhost",
        "http://127.9.9.9:1",
        "http://[::1]:1",
    ];
    for url in urls {
        load(MINIMAL, &[("SESSION_RESUMPTION__GENESYS__API_URL", url)]).unwrap();
    }
}

#[test]
fn bounds_themselves_are_accepted() {
    let table = [
        ("SERVER__LISTEN", "[::1]:0"),
        ("SERVER__DRAIN_TIMEOUT", "1s"),
        ("SERVER__DRAIN_TIMEOUT", "10m"),
        ("SERVER__MAX_CALL_TIME", "100ms"),
        ("SERVER__MAX_CALL_TIME", "5m"),
        ("GENESYS__TIMEOUT", "50ms"),
        ("GENESYS__TIMEOUT", "0.5s"),
        ("GENESYS__TIMEOUT", "60s"),
        ("GENESYS__BUDGET_PER_MINUTE", "10"),
        ("GENESYS__BUDGET_PER_MINUTE", "100000"),
        ("POLICY__WINDOWS__DISCONNECTED", "unlimited"),
        ("POLICY__WINDOWS__DISCONNECTED", "0s"),
        ("POLICY__WINDOWS__REROUTE", "72h"),
        ("HANDSHAKE__REPLAY_TTL", "1s"),
        ("HANDSHAKE__REPLAY_TTL", "1h"),
    ];
    for (name, value) in table {
        load(MINIMAL, &[(&format!("SESSION_RESUMPTION__{name}"), value)])
            .unwrap_or_else(|problems| panic!("{problems:?}"));
    }
}

#[test]
fn everything_that_is_wrong_is_told_in_one_run() {
    let text = "[server]\nlisten = \"0.0.0.0:1\"\n[genesys]\ntimeout = 3\ntimout = 4\n[polcy]\nx = 1\n[store]\nurl = [\"memory:\"]\n";
    let found =
        problems(text, &[("SESSION_RESUMPTION__INJECT__MARKER_AUTHOR", "me"), ("SESSION_RESUMPTION__NOPE", "1")]);
    let expected = [
        "genesys.timout (from the file): unknown key; did you mean genesys.timeout?",
        "polcy (from the file): unknown section; did you mean policy?",
        "store.url (from the file): takes one value, not a list. allowed: \"memory:\", redis://[user:password@]host[:port][/database], ",
        "SESSION_RESUMPTION__NOPE: unknown variable; ",
        "genesys.profile: required, but not given; write it in the file or set SESSION_RESUMPTION__GENESYS__PROFILE",
        "genesys.api_url: required",
        "genesys.login_url: required",
        "genesys.client_id: required",
        "genesys.client_secret or genesys.client_secret_file: required",
        "genesys.timeout = 3 ",
        "inject.marker_author = \"me\" (from SESSION_RESUMPTION__INJECT__MARKER_AUTHOR)",
        "server.listen = \"0.0.0.0:1\" (from the file): auth.callers_file is not given",
        "server.listen = \"0.0.0.0:1\" (from the file): credentials would cross the network",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn spans_by_grpc_go_in_the_clear_or_not_at_all() {
    let problem = problem_with("tracing.otlp_endpoint", "https://collector:4317");
    assert!(problem.contains("in the clear only; give an http URL"), "{problem}");
}

/// Beyond loopback, callers must be named and connections encrypted.
#[test]
fn nothing_is_open_unless_configured_so() {
    let dir = tempfile::tempdir().unwrap();
    let callers = dir.path().join("callers.toml");
    std::fs::write(&callers, "").unwrap();
    let callers = ("SESSION_RESUMPTION__AUTH__CALLERS_FILE", callers.to_str().unwrap());
    let plaintext = ("SESSION_RESUMPTION__TLS__ALLOW_PLAINTEXT", "true");
    for address in ["0.0.0.0:50051", "[::]:50051", "192.168.0.1:50051", "[::ffff:10.0.0.1]:50051"] {
        let listen = ("SESSION_RESUMPTION__SERVER__LISTEN", address);
        let both = problems(MINIMAL, &[listen]);
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[0].contains("auth.callers_file is not given"), "{both:?}");
        assert!(both[1].contains("in the clear"), "{both:?}");
        assert_eq!(problems(MINIMAL, &[listen, callers]).len(), 1);
        assert_eq!(problems(MINIMAL, &[listen, plaintext]).len(), 1);
        load(MINIMAL, &[listen, callers, plaintext]).unwrap();
    }
    for address in ["127.0.0.1:0", "[::1]:0", "127.1.2.3:0"] {
        load(MINIMAL, &[("SESSION_RESUMPTION__SERVER__LISTEN", address)]).unwrap();
    }
}

#[test]
fn tls_settings_go_together() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = |name: &str, text: String| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (cert, key) = (file("cert.pem", made.cert.pem()), file("key.pem", made.signing_key.serialize_pem()));
    let cert = ("SESSION_RESUMPTION__TLS__CERTIFICATE_FILE", cert.as_str());
    let key = ("SESSION_RESUMPTION__TLS__KEY_FILE", key.as_str());
    let authority = ("SESSION_RESUMPTION__TLS__CLIENT_CA_FILE", cert.1);
    let plaintext = ("SESSION_RESUMPTION__TLS__ALLOW_PLAINTEXT", "true");
    load(MINIMAL, &[cert, key]).unwrap();
    load(MINIMAL, &[cert, key, authority]).unwrap();
    for (given, why) in [
        (&[cert][..], "tls.key_file is not given"),
        (&[key], "tls.certificate_file is not given"),
        (&[authority], "tls.certificate_file is not given"),
        (&[cert, key, plaintext], "nothing is in the clear"),
    ] {
        let found = problems(MINIMAL, given);
        assert!(found.len() == 1 && found[0].contains(why), "{found:?}");
    }
}
