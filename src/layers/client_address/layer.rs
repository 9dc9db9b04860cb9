//! The layer: which proxies are trusted.

use std::sync::Arc;

use tower::Layer;

use super::ClientAddress;
use crate::cidr::Cidr;

/// Applies [`ClientAddress`] to a service.
#[derive(Debug, Clone)]
pub struct ClientAddressLayer {
    trusted: Arc<[Cidr]>,
}

impl ClientAddressLayer {
    /// Believes these proxies.
    pub fn new(trusted: Vec<Cidr>) -> Self {
        Self { trusted: trusted.into() }
    }
}

impl<S> Layer<S> for ClientAddressLayer {
    type Service = ClientAddress<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientAddress { inner, trusted: Arc::clone(&self.trusted) }
    }
}
