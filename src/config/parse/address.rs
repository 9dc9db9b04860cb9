//! Where to listen.

use std::net::SocketAddr;

use super::Parse;

/// An address and a port of this host.
#[derive(Debug)]
pub(in crate::config) struct Address;

impl Parse for Address {
    type Value = SocketAddr;

    fn parse(&self, text: &str) -> Result<SocketAddr, String> {
        text.parse().map_err(|_| "not an IP address and a port".to_owned())
    }

    fn allowed(&self) -> String {
        "an IP address and a port, such as 127.0.0.1:50051, 0.0.0.0:50051 or [::]:50051".to_owned()
    }
}
