//! Which server of a cluster holds which keys.

use redis::{Value, from_redis_value};

use crate::ports::Outage;
use crate::store_url::Server;

pub(super) const SLOTS: u16 = 16_384;

/// The first and the last slot of a range, and the server that takes writes to it.
pub(super) type Range = (u16, u16, Server);

/// The slot of a key: of what stands in its braces.
pub(super) fn slot(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    crc16(tag.filter(|tag| !tag.is_empty()).unwrap_or(key)) % SLOTS
}

/// CRC-16/XMODEM, as the specification of the cluster has it.
fn crc16(text: &str) -> u16 {
    text.bytes().fold(0, |crc, byte| {
        (0..8)
            .fold(crc ^ (u16::from(byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    })
}

/// Reads the answer to CLUSTER SLOTS, which `asked` gave: a server that does not know its own address leaves it out.
pub(super) fn ranges(told: Value, asked: &Server) -> Result<Vec<Range>, Outage> {
    let Value::Array(told) = told else { return Err(Outage::Malformed) };
    told.into_iter().map(|range| read(range, asked).ok_or(Outage::Malformed)).collect()
}

fn read(range: Value, asked: &Server) -> Option<Range> {
    let Value::Array(range) = range else { return None };
    let mut range = range.into_iter();
    let mut bound = || from_redis_value::<u16>(range.next()?).ok().filter(|slot| *slot < SLOTS);
    let (first, last) = (bound()?, bound()?);
    let Value::Array(primary) = range.next()? else { return None };
    let mut primary = primary.into_iter();
    let host: Option<String> = from_redis_value(primary.next()?).ok()?;
    let port = from_redis_value(primary.next()?).ok()?;
    let host = host.filter(|host| !host.is_empty() && host != "?").unwrap_or_else(|| asked.host.clone());
    Some((first, last, Server { host, port }))
}

/// Where a redirection leads: `3999 127.0.0.1:6381`, `3999 ::1:6381`, or `3999 :6381` for the host that was asked.
pub(super) fn redirected(detail: &str, asked: &Server) -> Option<Server> {
    let (_, address) = detail.split_once(' ')?;
    let (host, port) = address.trim().rsplit_once(':')?;
    let host = if host.is_empty() || host == "?" { &asked.host } else { host };
    Some(Server { host: host.to_owned(), port: port.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Server {
        Server { host: "asked".to_owned(), port: 1 }
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16("123456789"), 0x31c3);
        assert_eq!((slot("foo"), slot("bar")), (12182, 5061));
        assert_eq!(slot("sr:{foo}:c"), slot("foo"));
        assert_eq!(slot("{}foo"), crc16("{}foo") % SLOTS);
        assert_eq!(slot("foo{bar"), crc16("foo{bar") % SLOTS);
    }

    #[test]
    fn ranges_are_read_and_whatever_else_is_told_refused() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let server = |host, port| Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(vec![])]);
        let range = |first, last, host| {
            Value::Array(vec![Value::Int(first), Value::Int(last), server(host, 7), server(text("replica"), 8)])
        };
        let told = Value::Array(vec![range(0, 5, text("::1")), range(6, 6, Value::Nil), range(7, 16383, text("?"))]);
        let at = |host: &str| Server { host: host.to_owned(), port: 7 };
        let expected = vec![(0, 5, at("::1")), (6, 6, at("asked")), (7, 16383, at("asked"))];
        assert_eq!(ranges(told, &asked()), Ok(expected));
        for strange in [
            Value::Nil,
            Value::Array(vec![Value::Nil]),
            Value::Array(vec![range(0, 16384, text("x"))]),
            Value::Array(vec![range(-1, 5, text("x"))]),
            Value::Array(vec![Value::Array(vec![Value::Int(1), Value::Int(2)])]),
        ] {
            assert_eq!(ranges(strange, &asked()), Err(Outage::Malformed));
        }
    }

    #[test]
    fn redirections_are_read() {
        let server = |host: &str, port| Some(Server { host: host.to_owned(), port });
        assert_eq!(redirected("3999 127.0.0.1:6381", &asked()), server("127.0.0.1", 6381));
        assert_eq!(redirected("3999 ::1:6381", &asked()), server("::1", 6381));
        assert_eq!(redirected("3999 :6381", &asked()), server("asked", 6381));
        assert_eq!(redirected("3999 ?:6381", &asked()), server("asked", 6381));
        for strange in ["", "3999", "3999 host", "3999 host:x", "3999 host:70000"] {
            assert_eq!(redirected(strange, &asked()), None, "{strange}");
        }
    }
}
