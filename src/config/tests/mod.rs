//! How a configuration is read, refused and printed. No test touches the environment of the process: it is shared by all tests.

mod platform;
mod printing;
mod refusals;
mod secrets;
mod sources;

use std::io::Write as _;

use super::Config;

/// Stands for a secret; no output may hold it.
const SECRET: &str = "hunter2-hunter2";

/// All that must be given.
const MINIMAL: &str = r#"
[genesys]
profile = "guide"
api_url = "https://api.example.com"
login_url = "https://login.example.com"
client_id = "client"
client_secret = "hunter2-hunter2"
"#;

/// The same, from the environment.
const MINIMAL_ENV: [(&str, &str); 5] = [
    ("SESSION_RESUMPTION__GENESYS__PROFILE", "guide"),
    ("SESSION_RESUMPTION__GENESYS__API_URL", "https://api.example.com"),
    ("SESSION_RESUMPTION__GENESYS__LOGIN_URL", "https://login.example.com"),
    ("SESSION_RESUMPTION__GENESYS__CLIENT_ID", "client"),
    ("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET", SECRET),
];

/// Loads a file with this text.
fn load(text: &str, env: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::load(Some(file.path()), env.iter().copied()).map_err(|errors| errors.problems().to_vec())
}

/// The problems of a file with this text.
fn problems(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    load(text, env).expect_err("refused")
}

/// The one problem of the minimal file with one key set in the environment.
fn problem_with(key: &str, value: &str) -> String {
    let problems = problems(MINIMAL, &[(&super::key::variable(key), value)]);
    assert_eq!(problems.len(), 1, "{key} = {value:?}: {problems:?}");
    problems[0].clone()
}
