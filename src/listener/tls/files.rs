//! From files to the settings of a TLS server.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};
use x509_parser::parse_x509_certificate;

use super::TlsError;

/// The protocols that are agreed on, the preferred one first.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files of a TLS server, in PEM.
#[derive(Debug, Clone)]
pub struct Files {
    /// Its certificate and those that lead to the authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of clients' certificates. None: clients are asked for none. Whoever shows one is refused if it is not
    /// good; whoever shows none is let in, and known by other credentials.
    pub client_ca: Option<PathBuf>,
}

/// What stands in them.
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Contents {
    pub(super) fn read(files: &Files) -> Result<Self, TlsError> {
        let read = |file: &PathBuf| fs::read(file).map_err(|error| TlsError::Unreadable { file: file.clone(), error });
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            client_ca: files.client_ca.as_ref().map(read).transpose()?,
        })
    }

    /// What tells whether they have changed, without keeping the key.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut all = Sha256::new();
        for file in [&self.certificate, &self.key].into_iter().chain(&self.client_ca) {
            all.update(Sha256::digest(file));
        }
        all.finalize().into()
    }

    pub(super) fn config(&self, files: &Files, now: Timestamp) -> Result<ServerConfig, TlsError> {
        // The provider is named, so that none has to be installed for the process.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let certified = self.certified(files, now, &provider)?;
        let verifier = match self.client_ca.as_deref().zip(files.client_ca.as_deref()) {
            Some((pem, file)) => verifier(pem, file, &provider)?,
            None => Arc::new(NoClientAuth),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = ALPN.map(Vec::from).into();
        Ok(config)
    }

    fn certified(&self, files: &Files, now: Timestamp, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let chain = certificates(&self.certificate, &files.certificate)?;
        in_time(&chain, &files.certificate, now)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| match error {
            pem::Error::NoItemsFound => TlsError::NoKey { file: files.key.clone() },
            _ => TlsError::BadKey { file: files.key.clone() },
        })?;
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|_| TlsError::BadKey { file: files.key.clone() })?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // A kind of key that cannot tell.
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
            Err(rustls::Error::InconsistentKeys(_)) => {
                Err(TlsError::Mismatch { key: files.key.clone(), certificate: files.certificate.clone() })
            }
            Err(_) => Err(TlsError::BadCertificate { file: files.certificate.clone() }),
        }
    }
}

fn certificates(pem: &[u8], file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = || TlsError::BadCertificate { file: file.to_owned() };
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|_| bad())?;
    if found.is_empty() {
        return Err(TlsError::NoCertificate { file: file.to_owned() });
    }
    let whole = |der: &CertificateDer<'_>| parse_x509_certificate(der).is_ok_and(|(rest, _)| rest.is_empty());
    if found.iter().all(whole) { Ok(found) } else { Err(bad()) }
}

/// Only the service's own is looked at: chains are seen that still hold an authority's former certificate.
fn in_time(chain: &[CertificateDer<'_>], file: &Path, now: Timestamp) -> Result<(), TlsError> {
    let bad = || TlsError::BadCertificate { file: file.to_owned() };
    let own = chain.first().ok_or_else(bad)?;
    let (_, own) = parse_x509_certificate(own).map_err(|_| bad())?;
    let at = |seconds| Timestamp::from_second(seconds).map_err(|_| bad());
    let (from, until) = (at(own.validity.not_before.timestamp())?, at(own.validity.not_after.timestamp())?);
    if now > until {
        return Err(TlsError::Expired { file: file.to_owned(), at: until });
    }
    if now < from {
        return Err(TlsError::NotYetValid { file: file.to_owned(), at: from });
    }
    Ok(())
}

fn verifier(pem: &[u8], file: &Path, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let bad = || TlsError::BadCertificate { file: file.to_owned() };
    let mut roots = RootCertStore::empty();
    for authority in certificates(pem, file)? {
        roots.add(authority).map_err(|_| bad())?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .allow_unauthenticated()
        .build()
        .map_err(|_| bad())
}
