//! Ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use uuid::Uuid;

/// Below what systems hand out for outgoing connections, so that a server finds its port again after a restart. The second
/// port of a cluster's node, this far above the first, lies below it too.
const FIRST: u16 = 12_000;
const COUNT: u16 = 10_000;
const BUS: u16 = 10_000;

/// A port that is free now, with that for the bus above it. Another process may be quicker: who takes it has to look.
pub(super) fn free() -> u16 {
    /// Begins anywhere, since other test processes choose too.
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let [one, two, ..] = Uuid::new_v4().into_bytes();
        AtomicU16::new(u16::from_be_bytes([one, two]) % COUNT)
    });
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let next = || FIRST + NEXT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some((n + 1) % COUNT)).unwrap();
    (0..COUNT).map(|_| next()).find(|port| is_free(*port) && is_free(port + BUS)).expect("there is a free port")
}
