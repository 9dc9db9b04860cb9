//! Where to listen.

use std::net::SocketAddr;

use super::Parse;

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
