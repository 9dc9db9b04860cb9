//! Where state is kept.

use secrecy::SecretString;
use url::Url;

use super::{Parse, REDACTED, without_credentials};
use crate::config::StoreUrl;

/// The URL of a store. Its scheme says which.
#[derive(Debug)]
pub(in crate::config) struct StoreAddress;

impl Parse for StoreAddress {
    type Value = StoreUrl;

    fn parse(&self, text: &str) -> Result<StoreUrl, String> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(StoreUrl::Memory),
            Some(("memory", _)) => Err("memory: takes nothing after the colon".to_owned()),
            Some(("redis", _)) => redis(text).map(|()| StoreUrl::Redis(SecretString::from(text))),
            Some(("rediss", _)) => Err("TLS to the store cannot be configured yet".to_owned()),
            Some(_) => Err("no store has this scheme; the schemes are: memory, redis".to_owned()),
            None => Err("not a URL; the schemes are: memory, redis".to_owned()),
        }
    }

    fn allowed(&self) -> String {
        "\"memory:\" or redis://[user:password@]host[:port][/database]".to_owned()
    }

    /// What is no such URL may hold the password in another place than it belongs.
    fn shown<'a>(&self, text: &'a str) -> &'a str {
        if text.starts_with("redis:") && redis(text).is_err() { REDACTED } else { without_credentials(text) }
    }
}

/// Whether it is a URL with nothing in it that would be ignored.
fn redis(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host; write redis://host:6379".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must have no query and no fragment".to_owned());
    }
    if !url.username().is_empty() && url.password().is_none() {
        return Err("names a user without a password; a password alone is written redis://:password@host".to_owned());
    }
    let database = url.path().trim_start_matches('/');
    if database.is_empty() || database.parse::<u16>().is_ok() {
        Ok(())
    } else {
        Err("what follows the host must be the number of a database, such as /0".to_owned())
    }
}
