//! Finds out from which address a request comes, where proxies stand in front of us.
//!
//! A proxy appends the address it was called from to `X-Forwarded-For`. Read from its end, the first address that is no trusted
//! proxy's is the client's: whatever stands before it the client may have written itself. `Forwarded` (RFC 7239) is not read.

mod layer;
mod service;

pub use layer::ClientAddressLayer;
pub use service::ClientAddress;

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;

use crate::cidr::Cidr;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Where a request comes from, in its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(pub IpAddr);

impl Address {
    /// The addresses that one client has at its disposal: an IPv6 network of the customary size, or one IPv4 address. Whoever counted
    /// IPv6 addresses one by one would count nobody.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        }
    }
}

/// The client's address, as the peer and the proxies that are trusted tell it.
fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut known = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    // A line that is no text ends the search like an entry that is no address.
    let entries = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    for entry in entries {
        if !is_trusted(known) {
            break;
        }
        let Some(address) = address(entry.trim()) else { break };
        known = address;
    }
    known
}

/// An address, as some proxies write it: perhaps with a port, and brackets around IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let alone = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    alone.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn told(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| Cidr::parse(network).unwrap());
        let headers = lines
            .iter()
            .map(|line| (http::HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_str(line).unwrap()));
        of(peer.parse().unwrap(), &headers.collect(), &trusted).to_string()
    }

    #[test]
    fn a_client_is_its_network() {
        for (address, network) in [
            ("203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("::1", "::"),
        ] {
            assert_eq!(Address(address.parse().unwrap()).network().to_string(), network);
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, lines, expected) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What the client wrote itself stands before what the first proxy added.
            ("10.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, rubbish, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["rubbish"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("fd00::1", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("fd00::1", &["198.51.100.1:80"], "198.51.100.1"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            assert_eq!(told(peer, lines), expected, "{peer} {lines:?}");
        }
    }
}
