//! TLS to the store. The settings are read once: the client's own would read the system's certificates at every connection.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::ports::Outage;
use crate::store_url::Server;

/// Authorities that cannot be trusted, because they cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificates {
    /// Not PEM, or not a certificate in it.
    #[error("it holds a certificate that cannot be read")]
    Unreadable,
    /// None in it.
    #[error("it holds no certificate")]
    None,
    /// None in the system.
    #[error("the system trusts no authority; name the store's in store.ca_file")]
    NoneInSystem,
    /// The library refuses the settings.
    #[error("TLS cannot be set up")]
    Setup,
}

/// Whom we trust, and how we speak.
#[derive(Clone)]
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// Trusts these authorities, or else the system's.
    pub(super) fn new(authorities: Option<&[u8]>) -> Result<Self, BadCertificates> {
        let mut roots = RootCertStore::empty();
        if let Some(pem) = authorities {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|_| BadCertificates::Unreadable)?;
                roots.add(certificate).map_err(|_| BadCertificates::Unreadable)?;
            }
        } else {
            // Systems hold certificates that nobody can read. They are trusted by nobody, and no reason to give up.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if roots.is_empty() {
            return Err(authorities.map_or(BadCertificates::NoneInSystem, |_| BadCertificates::None));
        }
        // The provider is named, so that none has to be installed for the process.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|_| BadCertificates::Setup)?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Speaks TLS, with whom the certificate says it is.
    pub(super) async fn wrap(&self, server: &Server, stream: TcpStream) -> Result<TlsStream<TcpStream>, Outage> {
        let name = ServerName::try_from(server.host.clone()).map_err(|_| Outage::Unreachable)?;
        self.0.connect(name, stream).await.map_err(|error| outage(&error))
    }
}

/// A certificate may be renewed and a name mended, so this is waited for like a server that is down.
fn outage(error: &io::Error) -> Outage {
    let told = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match told {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => Outage::Untrusted,
        _ => Outage::Unreachable,
    }
}
