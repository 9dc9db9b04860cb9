//! Where to listen, and where state is kept.

use std::net::SocketAddr;

use super::{Parse, without_credentials};
use crate::config::StoreUrl;

/// An address and a port that only this host can reach.
#[derive(Debug)]
pub(in crate::config) struct LoopbackAddress;

impl Parse for LoopbackAddress {
    type Value = SocketAddr;

    fn parse(&self, text: &str) -> Result<SocketAddr, String> {
        let address: SocketAddr = text.parse().map_err(|_| "not an IP address and a port".to_owned())?;
        if address.ip().to_canonical().is_loopback() {
            Ok(address)
        } else {
            Err("no caller credentials can be configured yet; listening beyond loopback would be open to everyone"
                .to_owned())
        }
    }

    fn allowed(&self) -> String {
        "a loopback address and a port, such as 127.0.0.1:50051 or [::1]:50051".to_owned()
    }
}

/// The URL of a store. Its scheme says which.
#[derive(Debug)]
pub(in crate::config) struct StoreAddress;

impl Parse for StoreAddress {
    type Value = StoreUrl;

    fn parse(&self, text: &str) -> Result<StoreUrl, String> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(StoreUrl::Memory),
            Some(("memory", _)) => Err("memory: takes nothing after the colon".to_owned()),
            Some(_) => Err("no store has this scheme; the schemes are: memory".to_owned()),
            None => Err("not a URL; the schemes are: memory".to_owned()),
        }
    }

    fn allowed(&self) -> String {
        "\"memory:\"".to_owned()
    }

    fn shown<'a>(&self, text: &'a str) -> &'a str {
        without_credentials(text)
    }
}
