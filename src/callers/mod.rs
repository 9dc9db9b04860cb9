//! The file that names callers: who they are, which role they have, and how they prove it.

mod file;
mod keys;
mod secrets;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use url::Url;

use crate::domain::principal::Role;

pub use secrets::secrets;

/// Everybody who may call.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    /// Those who show a key.
    pub api_keys: Vec<ApiKey>,
    /// Those who connect with a certificate.
    pub certificates: Vec<Certificate>,
    /// Those who vouch for others by tokens.
    pub issuers: Vec<Issuer>,
}

/// A caller who shows a key. What is kept is the key's hash: a key is too long to be guessed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The caller's name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
}

/// A caller who connects with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The caller's name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The DNS name or URI that its certificate must show among its subject alternative names.
    pub san: String,
}

/// Who vouches for callers by JSON Web Tokens.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// The `iss` of its tokens.
    pub name: String,
    /// Whom the tokens must be meant for: one of these in `aud`.
    pub audience: Vec<String>,
    /// The role of whoever shows one.
    pub role: Role,
    /// How they may be signed.
    pub algorithms: Vec<Algorithm>,
    /// What they are checked with.
    pub keys: Keys,
    /// How far clocks may be apart.
    pub leeway: Duration,
    /// Claims that a token must have, whatever they say.
    pub required_claims: Vec<String>,
    /// Which claims mean what.
    pub claims: Claims,
}

/// What tokens are checked with.
#[derive(Debug, Clone)]
pub enum Keys {
    /// These.
    Fixed(Vec<DecodingKey>),
    /// Those that are published here.
    Published(Url),
}

/// Which claims mean what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The caller's name.
    pub name: String,
    /// A browser's conversation.
    pub conversation: String,
    /// A browser's participant.
    pub participant: String,
    /// A browser's resume key, in place of the two.
    pub resume_key: String,
}

impl Callers {
    /// Reads the file and those it names. Fails with everything that is wrong, each problem with where it stands; what the files
    /// hold is never shown.
    pub fn load(path: &Path) -> Result<Self, Vec<String>> {
        let text = std::fs::read_to_string(path).map_err(|error| vec![format!("cannot be read: {error}")])?;
        Self::parse(&text)
    }

    /// The same for a file's text.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        file::parse(text)
    }
}
