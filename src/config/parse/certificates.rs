//! Files of certificates that are trusted.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Parse;
use crate::config::Certificates;

/// The path of a file with certificates of authorities.
#[derive(Debug)]
pub(in crate::config) struct CertificateFile;

impl Parse for CertificateFile {
    type Value = Certificates;

    fn parse(&self, text: &str) -> Result<Certificates, String> {
        let pem = std::fs::read(text).map_err(|error| format!("cannot be read: {error}"))?;
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            certificate.map_err(|_| "what the file holds is not PEM".to_owned())?;
            found += 1;
        }
        if found == 0 {
            return Err("the file holds no certificate".to_owned());
        }
        Ok(Certificates { path: text.into(), pem })
    }

    fn allowed(&self) -> String {
        "the path of a file with one or more certificates in PEM".to_owned()
    }
}
