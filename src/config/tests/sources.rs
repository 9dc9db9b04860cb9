//! The file, the environment over it, and names that nobody knows.

use std::num::NonZeroU32;
use std::path::Path;

use super::{MINIMAL, MINIMAL_ENV, load, problems};
use crate::config::{Config, MarkerAuthor, Profile, ReadMethod, StoreUrl, TokenRefresh, Window};

#[test]
fn defaults_are_the_documented_ones() {
    let config = load(MINIMAL, &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:50051");
    assert_eq!(config.server.admin_listen.to_string(), "127.0.0.1:9090");
    assert_eq!(config.server.drain_timeout.as_secs(), 20);
    assert_eq!(config.server.max_call_time.as_secs(), 30);
    assert_eq!(config.genesys.profile, Profile::Guide);
    assert_eq!(config.genesys.timeout.as_secs(), 3);
    assert_eq!(config.genesys.read_method, ReadMethod::Post);
    assert_eq!(config.genesys.token_refresh, TokenRefresh::Cached);
    assert_eq!(config.genesys.budget_per_minute, 300);
    assert_eq!(part(&config, 300), 30);
    let windows = config.policy.windows;
    assert!(matches!(windows.disconnected, Window::Limited(age) if age.as_secs() == 300));
    for window in [windows.active, windows.transfer, windows.queue, windows.reroute] {
        assert_eq!(window, Window::Unlimited);
    }
    assert_eq!(config.handshake.replay_ttl.as_secs(), 60);
    assert_eq!(config.inject.marker_author, MarkerAuthor::Customer);
    assert!(matches!(config.store.url, StoreUrl::Memory));
}

/// What the share without the store is of a whole.
fn part(config: &Config, whole: u32) -> u32 {
    config.genesys.degraded_share.of(NonZeroU32::new(whole).unwrap()).get()
}

#[test]
fn a_share_is_exact_rounds_down_and_is_never_nothing() {
    for (share, whole, expected) in [
        ("1", 10, 10),
        ("1.0", 100_000, 100_000),
        ("0.1", 10, 1),
        ("0.29", 100, 29),
        ("0.5", 11, 5),
        ("0.01", 10, 1),
        ("0.000001", 100_000, 1),
        ("0.999999", u32::MAX, 4_294_963_000),
    ] {
        let text = format!("{MINIMAL}degraded_share = {share}\n");
        assert_eq!(part(&load(&text, &[]).unwrap(), whole), expected, "{share} of {whole}");
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = format!(
        "{MINIMAL}timeout = \"1s\"\nbudget_per_minute = 50\n[policy]\nwindows = {{ active = \"1h\", queue = \"2h\" }}\n"
    );
    let env =
        [("SESSION_RESUMPTION__GENESYS__TIMEOUT", "2s"), ("SESSION_RESUMPTION__POLICY__WINDOWS__ACTIVE", "unlimited")];
    let config = load(&text, &env).unwrap();
    assert_eq!(config.genesys.timeout.as_secs(), 2);
    assert_eq!(config.genesys.budget_per_minute, 50);
    assert_eq!(config.policy.windows.active, Window::Unlimited);
    assert!(matches!(config.policy.windows.queue, Window::Limited(age) if age.as_secs() == 7200));
}

#[test]
fn the_environment_alone_is_enough() {
    // Beside what Kubernetes gives every pod near a service of our name, and others' variables.
    let others = [
        ("SESSION_RESUMPTION_SERVICE_HOST", "10.0.0.1"),
        ("SESSION_RESUMPTION_PORT", "tcp://10.0.0.1:50051"),
        ("PATH", "/bin"),
    ];
    Config::load(None, MINIMAL_ENV.into_iter().chain(others)).unwrap();
}

#[test]
fn unknown_names_in_the_file_are_refused_with_a_guess() {
    let table = [
        ("genesys.timout = 1", "genesys.timout (from the file): unknown key; did you mean genesys.timeout?"),
        ("genesys.clientid = 1", "did you mean genesys.client_id?"),
        ("policy.active = 1", "did you mean policy.windows.active?"),
        ("listen = 1", "did you mean server.listen?"),
        ("policy.window.active = 1", "policy.window (from the file): unknown section; did you mean policy.windows?"),
        ("zzz = 1", "unknown key; `session-resumption config --help` lists what can be set"),
        ("nothing_of_ours = {}", "nothing_of_ours (from the file): unknown section; "),
        ("\"genesys.timeout\" = 1", "\"genesys.timeout\" (from the file): unknown key; did you mean genesys.timeout?"),
        ("\"a\\nb\" = 1", r#""a\nb" (from the file): unknown key"#),
        ("\"\" = 1", r#""" (from the file): unknown key"#),
    ];
    for (line, words) in table {
        let found = problems(line, &MINIMAL_ENV);
        assert!(found.len() == 1 && found[0].contains(words), "{line}: {found:?}");
    }
}

#[test]
fn unknown_variables_are_refused_with_a_guess() {
    let table = [
        ("SESSION_RESUMPTION__GENESYS__TIMEOUTS", "did you mean SESSION_RESUMPTION__GENESYS__TIMEOUT?"),
        ("SESSION_RESUMPTION__GENESYS_TIMEOUT", "did you mean SESSION_RESUMPTION__GENESYS__TIMEOUT?"),
        ("SESSION_RESUMPTION__genesys__timeout", "did you mean SESSION_RESUMPTION__GENESYS__TIMEOUT?"),
        ("SESSION_RESUMPTION__GENESYS", "lists what can be set"),
        ("SESSION_RESUMPTION__", "lists what can be set"),
    ];
    for (name, words) in table {
        let found = problems(MINIMAL, &[(name, "5s")]);
        let start = format!("{name}: unknown variable; ");
        assert!(found.len() == 1 && found[0].starts_with(&start) && found[0].contains(words), "{found:?}");
    }
}

#[test]
fn values_of_the_wrong_shape_are_refused() {
    let table = [
        ("store = \"memory:\"", "store (from the file): a section, not a value; write [store] and its keys beneath"),
        ("[[store]]\nurl = 1", "store (from the file): a section, not a list"),
        ("policy.windows = 1", "policy.windows (from the file): a section, not a value"),
        ("store.url.x = 1", "store.url (from the file): takes one value, not a section"),
        ("store.url = []", "store.url (from the file): takes one value, not a list"),
        ("store.url = true", "store.url = true (from the file): not a URL"),
        ("server.drain_timeout = 12:00:00", "server.drain_timeout = 12:00:00 (from the file): not a duration"),
        ("server.listen = 1979-05-27", "server.listen = 1979-05-27 (from the file): not an IP address"),
        ("server.drain_timeout = inf", "server.drain_timeout = inf (from the file): not a duration"),
    ];
    for (line, words) in table {
        let found = problems(line, &MINIMAL_ENV);
        assert!(found.len() == 1 && found[0].starts_with(words), "{line}: {found:?}");
    }
    let found = problems(&MINIMAL.replace("\"client\"", "0x1F"), &[]);
    assert_eq!(found, ["genesys.client_id = 31 (from the file): write it in quotes. allowed: any text without blanks"]);
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other_problem_and_invents_none() {
    let path = Path::new("/nonexistent/session-resumption.toml");
    let errors = Config::load(Some(path), [("SESSION_RESUMPTION__GENESYS__TIMEOUT", "3")]).unwrap_err();
    let lines: Vec<String> = errors.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("/nonexistent/session-resumption.toml: cannot be read: "), "{lines:?}");
    assert!(lines[1].starts_with("genesys.timeout = \"3\""), "{lines:?}");
}

#[cfg(unix)]
#[test]
fn what_is_not_utf8_is_refused_unseen() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
    let env = [
        (bytes(b"SESSION_RESUMPTION__GENESYS__CLIENT_SECRET"), bytes(b"hunter2\xff")),
        (bytes(b"SESSION_RESUMPTION__\xff"), bytes(b"1")),
    ];
    let text = Config::load(None, env).unwrap_err().to_string();
    assert!(
        text.contains("genesys.client_secret (from SESSION_RESUMPTION__GENESYS__CLIENT_SECRET): not UTF-8"),
        "{text}"
    );
    assert!(text.contains("unknown variable") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_region_gives_the_urls_that_are_not_given() {
    let text = "[genesys]\nprofile = \"guide\"\nregion = \"eu_central_1\"\nclient_id = \"c\"\nclient_secret = \"s\"\n";
    let urls = |text: &str| {
        let config = load(text, &[]).unwrap().genesys;
        (config.api_url.to_string(), config.login_url.to_string())
    };
    assert_eq!(urls(text), ("https://api.mypurecloud.de/".to_owned(), "https://login.mypurecloud.de/".to_owned()));
    let own = format!("{text}api_url = \"https://proxy.example.com\"\n");
    assert_eq!(urls(&own), ("https://proxy.example.com/".to_owned(), "https://login.mypurecloud.de/".to_owned()));
    assert_eq!(urls(&text.replace("eu_central_1", "mypurecloud.de")), urls(text));
    let found = problems(&text.replace("eu_central_1", "moon_1"), &[]);
    assert!(found.len() == 1 && found[0].contains("no such region"), "{found:?}");
}
