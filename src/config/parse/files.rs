//! Files that are read again while the service runs: what is kept of them is the path.

use std::path::PathBuf;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::{Parse, REDACTED};
use crate::callers::{Callers, secrets};

/// The path of a file that names callers.
#[derive(Debug)]
pub(in crate::config) struct CallersFile;

impl Parse for CallersFile {
    type Value = PathBuf;

    fn parse(&self, text: &str) -> Result<PathBuf, String> {
        let path = PathBuf::from(text);
        Callers::load(&path).map(|_| path).map_err(|problems| problems.join("; "))
    }

    fn allowed(&self) -> String {
        "the path of a file with callers in TOML, as docs/security.md has it".to_owned()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        path_shown(text)
    }
}

/// The path of a file with secrets.
#[derive(Debug)]
pub(in crate::config) struct SecretsFile;

impl Parse for SecretsFile {
    type Value = PathBuf;

    fn parse(&self, text: &str) -> Result<PathBuf, String> {
        let content = std::fs::read_to_string(text).map_err(|error| format!("cannot be read: {error}"))?;
        secrets(&content).map_err(|why| format!("the file {why}"))?;
        Ok(text.into())
    }

    fn allowed(&self) -> String {
        "the path of a file with secrets of at least 32 characters, one a line".to_owned()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        path_shown(text)
    }
}

/// The path of a file with a private key.
#[derive(Debug)]
pub(in crate::config) struct KeyFile;

impl Parse for KeyFile {
    type Value = PathBuf;

    fn parse(&self, text: &str) -> Result<PathBuf, String> {
        let pem = std::fs::read(text).map_err(|error| format!("cannot be read: {error}"))?;
        PrivateKeyDer::from_pem_slice(&pem).map_err(|_| "the file holds no private key in PEM".to_owned())?;
        Ok(text.into())
    }

    fn allowed(&self) -> String {
        "the path of a file with one private key in PEM (PKCS#8, PKCS#1 or SEC1), not encrypted".to_owned()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        path_shown(text)
    }
}

/// What looks like no path may be a secret, written to the wrong key.
fn path_shown(text: &str) -> &str {
    if text.contains(std::path::is_separator) { text } else { REDACTED }
}
