//! Certificates, made anew for each test process.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// Who signs servers' certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a server shows, and whom it trusts itself.
pub(crate) struct Identity {
    certificate: String,
    key: String,
    authority: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "An authority for tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// As clients take it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// For a server of these names or addresses.
    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.pem(), key: key.serialize_pem(), authority: self.pem() }
    }
}

impl Identity {
    /// What makes a server show it on a port, to other servers too. The port comes first, then the three files.
    pub(super) fn options(&self, port: u16, dir: &Path) -> Vec<String> {
        let kept = |name: &str, pem: &str| {
            let path = dir.join(name);
            fs::write(&path, pem).unwrap();
            path.to_string_lossy().into_owned()
        };
        let options = [
            ("port", port.to_string()),
            ("cert-file", kept("cert.pem", &self.certificate)),
            ("key-file", kept("key.pem", &self.key)),
            ("ca-cert-file", kept("ca.pem", &self.authority)),
            ("auth-clients", "no".to_owned()),
            ("replication", "yes".to_owned()),
            ("cluster", "yes".to_owned()),
        ];
        options.into_iter().flat_map(|(name, value)| [format!("--tls-{name}"), value]).collect()
    }
}
