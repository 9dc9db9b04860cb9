//! No error, no debug output and no rendering shows a secret.

use std::io::Write as _;

use proptest::prelude::{any, prop_assert};
use secrecy::ExposeSecret as _;

use super::{MINIMAL, SECRET, load, problems};
use crate::config::{StoreUrl, keys};

#[test]
fn a_loaded_secret_is_not_shown() {
    let config = load(MINIMAL, &[]).unwrap();
    assert_eq!(config.genesys.client_secret.expose_secret(), SECRET);
    assert!(!format!("{config:?}{config:#?}").contains(SECRET));
    assert!(!config.render().contains(SECRET));
}

#[test]
fn the_password_of_the_store_is_not_shown() {
    for url in [
        format!("redis://:{SECRET}@host"),
        format!("redis://user:{SECRET}@[::1]:6380/2"),
        format!("rediss+cluster://:{SECRET}@one,two"),
        format!("redis+sentinel://one,two/name?sentinel_password={SECRET}"),
    ] {
        let config = load(MINIMAL, &[("SESSION_RESUMPTION__STORE__URL", &url)]).unwrap();
        assert!(matches!(&config.store.url, StoreUrl::Redis(_)));
        assert!(!format!("{config:?}{}", config.render()).contains(SECRET));
        assert!(config.render().contains("url = \"[redacted]\""));
    }
    let plain = load(MINIMAL, &[("SESSION_RESUMPTION__STORE__URL", "redis://host:6379")]).unwrap();
    assert!(plain.render().contains("url = \"redis://host:6379\""));
}

#[test]
fn no_problem_shows_a_secret() {
    let line = format!("client_secret = \"{SECRET}\"");
    let slips = [
        format!("client_secret = {SECRET}"),
        format!("client_secret = \"{SECRET}"),
        format!("client_secret = '{SECRET}\""),
        format!("client_secret = \"{SECRET}\" x"),
        format!("client_secret = \"{SECRET}\\q\""),
        format!("client_secret \"{SECRET}\""),
        format!("client_secret = [\"{SECRET}\"]"),
        format!("client_secret = {{ value = \"{SECRET}\" }}"),
        format!("client_secret = \"{SECRET}\"\n{line}"),
        format!("client_secret = \"\"\"{SECRET}\n\"\"\""),
        format!("client_secert = \"{SECRET}\""),
        format!("clientsecret = {{ value = \"{SECRET}\" }}"),
        format!("client_secret_file = \"{SECRET}\""),
        format!("{line}\nclient_secret_file = \"/run/secrets/genesys\""),
        format!("{line}\nclient_secret.value = \"{SECRET}\""),
    ];
    for slip in slips {
        let found = problems(&MINIMAL.replace(&line, &slip), &[]).join("\n");
        assert!(!found.contains(SECRET) && !found.contains("hunter2"), "{slip}: {found}");
    }
    for url in [
        format!("https://user:{SECRET}@host"),
        format!("redis://:{SECRET}@host/x"),
        format!("https://host?token={SECRET}"),
    ] {
        for key in ["GENESYS__API_URL", "STORE__URL"] {
            let found = problems(MINIMAL, &[(&format!("SESSION_RESUMPTION__{key}"), &url)]).join("\n");
            assert!(found.contains("= \"[redacted]\" (from ") && !found.contains(SECRET), "{found}");
        }
    }
}

#[test]
fn a_syntax_error_tells_the_place_alone() {
    let found = problems("[genesys]\n\nclient_secret = hunter2\n", &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(": not TOML at line 3, column 17: "), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn a_secret_comes_from_a_file_without_its_last_line_break() {
    for content in ["hunter2-hunter2", "hunter2-hunter2\n", "hunter2-hunter2\r\n"] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let path = format!("client_secret_file = {:?}", file.path());
        let config = load(&MINIMAL.replace("client_secret = \"hunter2-hunter2\"", &path), &[]).unwrap();
        assert_eq!(config.genesys.client_secret.expose_secret(), SECRET);
        assert!(!config.render().contains(SECRET) && config.render().contains(&path));
    }
}

#[test]
fn secrets_that_cannot_be_meant_are_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"hunter2\nhunter2\n").unwrap();
    let empty = tempfile::NamedTempFile::new().unwrap();
    let path = |file: &tempfile::NamedTempFile| format!("client_secret_file = {:?}", file.path());
    let table = [
        ("client_secret = \"\"".to_owned(), "genesys.client_secret = \"[redacted]\" (from the file): empty"),
        ("client_secret = 12345".to_owned(), "genesys.client_secret = [redacted] (from the file): write it in quotes"),
        ("client_secret = \"hunter2\\n\"".to_owned(), "broken by a line break"),
        (
            "client_secret_file = \"/nonexistent\"".to_owned(),
            "genesys.client_secret_file = \"/nonexistent\" (from the file): cannot be read: ",
        ),
        (path(&file), "what the file holds is broken by a line break"),
        (path(&empty), "what the file holds is empty"),
        (String::new(), "genesys.client_secret or genesys.client_secret_file: required, but not given"),
    ];
    for (line, words) in table {
        let found = problems(&MINIMAL.replace("client_secret = \"hunter2-hunter2\"", &line), &[]);
        assert!(found.len() == 1 && found[0].contains(words) && !found[0].contains("hunter2"), "{line}: {found:?}");
    }
}

#[test]
fn a_secret_given_twice_is_refused_with_both_origins() {
    let found = problems(MINIMAL, &[("SESSION_RESUMPTION__GENESYS__CLIENT_SECRET_FILE", "/run/secrets/genesys")]);
    let expected = "genesys.client_secret (from the file) and genesys.client_secret_file \
                    (from SESSION_RESUMPTION__GENESYS__CLIENT_SECRET_FILE): both are given. allowed: exactly one of them";
    assert_eq!(found, [expected]);
}

proptest::proptest! {
    /// Whatever stands in a variable or in the file, there is an answer, every problem takes one line, and the secret stays one.
    #[test]
    fn no_input_is_too_odd(key in 0..keys::all().count(), value in any::<String>(), tail in "[a-z.=\"\\[\\]{} \n#0-9]{0,40}") {
        let name = crate::config::key::variable(keys::all().nth(key).unwrap().name());
        for text in [MINIMAL.to_owned(), format!("{MINIMAL}{tail}")] {
            if let Err(problems) = load(&text, &[(&name, &value)]) {
                for problem in problems {
                    prop_assert!(problem.lines().count() == 1 && !problem.contains(SECRET), "{problem}");
                }
            }
        }
    }
}
