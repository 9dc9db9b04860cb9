//! Secrets, which are never shown, and files that hold them.

use secrecy::SecretString;

use super::{Parse, REDACTED};

/// A secret, given as it is.
#[derive(Debug)]
pub(in crate::config) struct Secret;

impl Parse for Secret {
    type Value = SecretString;

    fn parse(&self, text: &str) -> Result<SecretString, String> {
        checked(text)
    }

    fn allowed(&self) -> String {
        "any text on one line".to_owned()
    }

    fn shown<'a>(&self, _: &'a str) -> &'a str {
        REDACTED
    }
}

/// The path of a file that holds a secret.
#[derive(Debug)]
pub(in crate::config) struct SecretFile;

impl Parse for SecretFile {
    type Value = SecretString;

    fn parse(&self, text: &str) -> Result<SecretString, String> {
        let content = std::fs::read_to_string(text).map_err(|error| format!("cannot be read: {error}"))?;
        checked(content.trim_end_matches(['\r', '\n'])).map_err(|problem| format!("what the file holds is {problem}"))
    }

    fn allowed(&self) -> String {
        "the path of a file that holds the secret on one line".to_owned()
    }

    /// What looks like no path may be the secret itself, written to the wrong key.
    fn shown<'a>(&self, text: &'a str) -> &'a str {
        if text.contains(std::path::is_separator) { text } else { REDACTED }
    }
}

/// A line break in a secret is an accident of copying, and upstream would only say that the credentials are wrong.
fn checked(text: &str) -> Result<SecretString, String> {
    if text.is_empty() {
        return Err("empty".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("broken by a line break or a control character".to_owned());
    }
    Ok(SecretString::from(text))
}
