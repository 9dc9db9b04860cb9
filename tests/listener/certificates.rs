//! Certificates, made anew for each test, and the files they are in.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use session_resumption::clock::SystemClock;
use session_resumption::listener::{Files, Tls, TlsError};
use tempfile::TempDir;

/// Who signs.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) der: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "An authority for tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// For the server under test.
    pub(crate) fn issue(&self) -> Pair {
        self.sign(|_| {})
    }

    /// For a client.
    pub(crate) fn issue_to_client(&self) -> Pair {
        self.sign(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// One that is good from the beginning of one year to that of another.
    pub(crate) fn issue_for(&self, from: i32, until: i32) -> Pair {
        self.sign(|params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(until, 1, 1);
        })
    }

    fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    /// A client that trusts it.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        builder.with_root_certificates(roots).with_no_client_auth()
    }
}

/// The files of a server.
pub(crate) struct Place {
    _folder: TempDir,
    pub(crate) files: Files,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let files = Files { certificate: at("certificate.pem"), key: at("key.pem"), client_ca: None };
        Self { _folder: folder, files }
    }

    pub(crate) fn put(&self, pair: &Pair) {
        fs::write(&self.files.certificate, &pair.certificate).unwrap();
        fs::write(&self.files.key, &pair.key).unwrap();
    }

    pub(crate) fn trust_clients_of(&mut self, pem: &str) -> PathBuf {
        let path = self.files.certificate.with_file_name("client_ca.pem");
        fs::write(&path, pem).unwrap();
        self.files.client_ca = Some(path.clone());
        path
    }

    pub(crate) fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(self.files.clone(), Arc::new(SystemClock::start()))
    }
}
