//! Configuration as a user of the crate meets it. Alone in its binary, because the environment belongs to the whole process.

use std::io::Write as _;

use secrecy::ExposeSecret as _;
use session_resumption::config::{Config, Profile, Window};
use tempfile::NamedTempFile;

const FILE: &str = r#"
[genesys]
profile = "guide"
api_url = "http://127.0.0.1:8080"
login_url = "http://127.0.0.1:8080"
client_id = "client"
client_secret = "hunter2"

[policy.windows]
active = "300s"
"#;

fn file(text: &str) -> std::io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

#[test]
fn a_file_and_the_environment_make_a_configuration() {
    let file = file(FILE).unwrap();
    let env = [("SESSION_RESUMPTION__GENESYS__BUDGET_PER_MINUTE", "60"), ("HOME", "/")];
    let config = Config::load(Some(file.path()), env).unwrap();
    assert_eq!(config.genesys.profile, Profile::Guide);
    assert_eq!(config.genesys.api_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.genesys.client_secret.expose_secret(), "hunter2");
    assert_eq!(config.genesys.budget_per_minute, 60);
    assert!(matches!(config.policy.windows.active, Window::Limited(age) if age.as_secs() == 300));
    assert!(!format!("{config:?}{}", config.render()).contains("hunter2"));
}

#[test]
fn all_problems_come_at_once_one_a_line() {
    let file = file(&FILE.replace("\"guide\"", "\"other\"").replace("300s", "300")).unwrap();
    let errors = Config::load(Some(file.path()), [("SESSION_RESUMPTION__GENESYS__TIMOUT", "5s")]).unwrap_err();
    let text = errors.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(
        lines,
        [
            "SESSION_RESUMPTION__GENESYS__TIMOUT: unknown variable; did you mean SESSION_RESUMPTION__GENESYS__TIMEOUT?",
            "genesys.profile = \"other\" (from the file): no such choice. allowed: \"guide\" or \"platform\"",
            "policy.windows.active = \"300\" (from the file): a duration needs a unit; write 300s. \
             allowed: 0s to 72h, or \"unlimited\"",
        ]
    );
}

#[test]
fn what_is_printed_can_be_read_again() {
    let none = std::iter::empty::<(String, String)>;
    let written = file(FILE).unwrap();
    let printed = file(&Config::load(Some(written.path()), none()).unwrap().render()).unwrap();
    let again: toml::Table = Config::load(Some(printed.path()), none()).unwrap().render().parse().unwrap();
    assert_eq!(again["policy"]["windows"]["active"].as_str(), Some("300s"));
    assert_eq!(again["genesys"]["client_secret"].as_str(), Some("[redacted]"));
}
