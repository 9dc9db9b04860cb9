//! Where state is kept.

use super::{Parse, REDACTED, without_credentials};
use crate::config::StoreUrl;
use crate::store_url::RedisUrl;

/// The URL of a store. Its scheme says which.
#[derive(Debug)]
pub(in crate::config) struct StoreAddress;

impl Parse for StoreAddress {
    type Value = StoreUrl;

    fn parse(&self, text: &str) -> Result<StoreUrl, String> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(StoreUrl::Memory),
            Some(("memory", _)) => Err("memory: takes nothing after the colon".to_owned()),
            _ => RedisUrl::parse(text).map(StoreUrl::Redis).map_err(|wrong| wrong.to_string()),
        }
    }

    fn allowed(&self) -> String {
        "\"memory:\", redis://[user:password@]host[:port][/database], \
         redis+sentinel://[user:password@]host[:port][,...]/primary[/database][?sentinel_user=...&sentinel_password=...] or \
         redis+cluster://[user:password@]host[:port][,...]; with TLS the schemes begin with rediss"
            .to_owned()
    }

    /// What is no such URL may hold the password in another place than it belongs.
    fn shown<'a>(&self, text: &'a str) -> &'a str {
        if text.contains("redis") && RedisUrl::parse(text).is_err() { REDACTED } else { without_credentials(text) }
    }
}
