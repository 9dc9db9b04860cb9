//! Networks of addresses.

use std::fmt;
use std::net::IpAddr;

/// The addresses that share their first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    first: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| "not an IP address")?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok().filter(|prefix| *prefix <= most).ok_or("the prefix is longer than the address")?
            }
            Some(_) => return Err("the prefix is not a number"),
        };
        let network = Self { first, prefix };
        if bits(first) & !mask(prefix, first) == 0 {
            Ok(network)
        } else {
            Err("bits beyond the prefix are set; write the network's first address")
        }
    }

    /// Whether an address is in it. An IPv4 address that came by an IPv6 socket is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && bits(address) & mask(self.prefix, self.first) == bits(self.first)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

/// An address as a number, its first bit first.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(prefix: u8, of: IpAddr) -> u128 {
    let all = if of.is_ipv4() { u128::from(u32::MAX) << 96 } else { u128::MAX };
    all & !u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn networks_are_read_and_everything_else_is_refused() {
        for text in ["10.0.0.0/8", "192.0.2.7", "0.0.0.0/0", "::/0", "fd00::/8", "::1", "192.0.2.7/32"] {
            Cidr::parse(text).unwrap();
        }
        for text in [
            "",
            "10",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "fd00::1/8",
            "host",
        ] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_told_apart() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "1.2.3.4", false),
            ("::1", "::1", true),
            ("192.0.2.7", "192.0.2.8", false),
        ] {
            assert_eq!(Cidr::parse(network).unwrap().contains(address.parse().unwrap()), inside, "{network} {address}");
        }
    }

    proptest! {
        #[test]
        fn a_network_holds_what_shares_its_first_bits(address: u32, other: u32, prefix in 0_u8..=32) {
            let shared = |bits: u32| bits.checked_shr(32 - u32::from(prefix)).unwrap_or(0);
            let first = std::net::Ipv4Addr::from_bits(shared(address).checked_shl(32 - u32::from(prefix)).unwrap_or(0));
            let network = Cidr::parse(&format!("{first}/{prefix}")).unwrap();
            let held = network.contains(IpAddr::V4(std::net::Ipv4Addr::from_bits(other)));
            prop_assert_eq!(held, shared(other) == shared(address));
        }
    }
}
