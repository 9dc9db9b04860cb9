//! The configuration: whatever the environment and the file say, it is read or refused with reasons, and no secret is shown.
//!
//! The input is a file, a line `---`, and variables, one a line.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use session_resumption::config::Config;

const SECRET: &str = "hunter2-hunter2";

fuzz_target!(|given: &str| {
    // What the input itself holds it may get to see; files that it names may be endless.
    if given.contains(SECRET) || given.contains("_file") || given.contains("_FILE") {
        return;
    }
    let (text, variables) = given.split_once("---\n").unwrap_or((given, ""));
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(text.as_bytes()).is_err() {
        return;
    }
    let secret = ("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET".to_owned(), SECRET.to_owned());
    let variables = variables.lines().filter_map(|line| line.split_once('=')).map(|(key, value)| {
        (format!("SESSION_RESUMPTION__{}", key.to_uppercase().replace('.', "__")), value.to_owned())
    });
    let told = match Config::load(Some(file.path()), [secret].into_iter().chain(variables)) {
        Ok(config) => config.render(),
        Err(errors) => errors.to_string(),
    };
    assert!(!told.is_empty());
    assert!(!told.contains(SECRET), "{told}");
});
