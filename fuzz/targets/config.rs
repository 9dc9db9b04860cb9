//! The configuration: whatever the environment and the file say, it is read or refused with reasons, and no secret is shown.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use session_resumption::config::Config;

const SECRET: &str = "hunter2-hunter2";

fuzz_target!(|given: (&str, Vec<(&str, &str)>)| {
    let (text, variables) = given;
    let Ok(mut file) = tempfile::NamedTempFile::new() else { return };
    if file.write_all(text.as_bytes()).is_err() {
        return;
    }
    let secret = ("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET".to_owned(), SECRET.to_owned());
    let variables = variables.into_iter().map(|(key, value)| {
        let key = key.to_uppercase().replace('.', "__");
        (format!("SESSION_RESUMPTION__{key}").replace('\0', ""), value.replace('\0', ""))
    });
    let told = match Config::load(Some(file.path()), [secret].into_iter().chain(variables)) {
        Ok(config) => config.render(),
        Err(errors) => errors.to_string(),
    };
    assert!(!told.is_empty());
    assert!(!told.contains(SECRET) || text.contains(SECRET), "{told}");
});
