//! Callers who connect with a certificate. The listener has verified its chain; here it is asked whose it is.

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::callers::Certificate;
use crate::domain::principal::{Identity, Principal};

/// Whose certificate it is, by its DNS names and URIs. The common name says nothing.
pub(super) fn identify(known: &[Certificate], own: &CertificateDer<'_>) -> Identity {
    let names = names(own);
    let found = known.iter().find(|known| names.contains(&known.san));
    found.map_or(Identity::Refused, |found| Identity::Known(Principal::new(found.role, found.name.clone())))
}

fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(text) | GeneralName::URI(text) => Some((*text).to_owned()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}
