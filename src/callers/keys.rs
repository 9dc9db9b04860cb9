//! What tokens are checked with, from what the file says.

use jsonwebtoken::{Algorithm, DecodingKey};
use url::Url;

use super::{Keys, secrets};
use crate::loopback::is_loopback;

/// The one source of keys that is given.
pub(super) fn keys(
    algorithms: &[Algorithm],
    secret_file: Option<&str>,
    key_file: Option<&str>,
    jwks_url: Option<&str>,
) -> Result<Keys, String> {
    let symmetric = algorithms.contains(&Algorithm::HS256);
    if symmetric && algorithms.len() > 1 {
        // Whoever accepted both could be shown a token that is signed with the public key.
        return Err("algorithms: HS256 goes with no other".to_owned());
    }
    match (secret_file, key_file, jwks_url) {
        (Some(path), None, None) if symmetric => secret_keys(path),
        (Some(_), None, None) => Err("secret_file is for HS256; give key_file or jwks_url".to_owned()),
        (None, _, _) if symmetric => Err("HS256 needs secret_file, and nothing else".to_owned()),
        (None, Some(path), None) => public_key(path, algorithms),
        (None, None, Some(url)) => published(url),
        _ => Err("give exactly one of secret_file, key_file and jwks_url".to_owned()),
    }
}

fn read(key: &str, path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{key} cannot be read: {error}"))
}

fn secret_keys(path: &str) -> Result<Keys, String> {
    let text = read("secret_file", path)?;
    let secrets = secrets(&text).map_err(|why| format!("secret_file {why}"))?;
    Ok(Keys::Fixed(secrets.into_iter().map(DecodingKey::from_secret).collect()))
}

fn public_key(path: &str, algorithms: &[Algorithm]) -> Result<Keys, String> {
    let [algorithm] = algorithms else {
        return Err("algorithms: key_file holds a key of one kind; name its algorithm alone".to_owned());
    };
    let pem = read("key_file", path)?;
    let key = match algorithm {
        Algorithm::RS256 => DecodingKey::from_rsa_pem(pem.as_bytes()),
        Algorithm::ES256 => DecodingKey::from_ec_pem(pem.as_bytes()),
        _ => DecodingKey::from_ed_pem(pem.as_bytes()),
    };
    let key = key.map_err(|_| format!("key_file holds no public key for {algorithm:?} in PEM"))?;
    Ok(Keys::Fixed(vec![key]))
}

fn published(text: &str) -> Result<Keys, String> {
    let url = Url::parse(text).map_err(|_| "jwks_url is not a URL".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("jwks_url must not carry credentials: it is shown in logs".to_owned());
    }
    // Keys that come in the clear are anybody's.
    if url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url) {
        Ok(Keys::Published(url))
    } else {
        Err("jwks_url must begin with https://".to_owned())
    }
}
