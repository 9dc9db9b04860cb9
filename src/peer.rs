//! Whom a connection is with: put into the extensions of each request by the listener.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it connects from: the client, or the last proxy before us.
    pub addr: SocketAddr,
    /// The chain it showed and that was verified, its own certificate first. Empty without TLS or without one.
    pub certificates: Arc<[CertificateDer<'static>]>,
}

impl Peer {
    /// A peer that showed no certificate.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, certificates: Arc::new([]) }
    }
}
