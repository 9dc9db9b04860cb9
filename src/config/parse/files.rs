//! Files that are read again while the service runs: what is kept of them is the path.

use std::path::PathBuf;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::{Parse, REDACTED};

/// The path of a file that can be read.
#[derive(Debug)]
pub(in crate::config) struct ReadableFile {
    /// What it holds.
    pub(in crate::config) holds: &'static str,
}

impl Parse for ReadableFile {
    type Value = PathBuf;

    fn parse(&self, text: &str) -> Result<PathBuf, String> {
        std::fs::File::open(text).map_err(|error| format!("cannot be read: {error}"))?;
        Ok(text.into())
    }

    fn allowed(&self) -> String {
        format!("the path of a file with {}", self.holds)
    }

    /// What looks like no path may be a secret, written to the wrong key.
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

fn path_shown(text: &str) -> &str {
    if text.contains(std::path::is_separator) { text } else { REDACTED }
}
