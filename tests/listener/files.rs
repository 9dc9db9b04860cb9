//! Files that TLS cannot be set up with: which of them, why, and what to do, and never what they hold.

use std::fs;

use rcgen::KeyPair;
use session_resumption::listener::TlsError;

use crate::certificates::{Authority, Place};

/// What is told of files that were spoilt.
fn told(spoil: impl FnOnce(&mut Place, &Authority)) -> TlsError {
    let authority = Authority::new();
    let mut place = Place::new();
    place.put(&authority.issue());
    place.trust_clients_of(&authority.pem());
    place.load().unwrap();
    spoil(&mut place, &authority);
    let error = place.load().unwrap_err();
    let text = error.to_string();
    for file in [&place.files.certificate, &place.files.key] {
        let held = fs::read_to_string(file).unwrap_or_default();
        for line in held.lines().filter(|line| line.len() > 8 && !line.starts_with("---")) {
            assert!(!text.contains(line) && !format!("{error:?}").contains(line), "{text}");
        }
    }
    error
}

#[test]
fn the_certificate() {
    let write =
        |text: &'static str| move |place: &mut Place, _: &Authority| fs::write(&place.files.certificate, text).unwrap();
    assert!(matches!(told(write("")), TlsError::NoCertificate { file } if file.ends_with("certificate.pem")));
    assert!(matches!(told(write("hello")), TlsError::NoCertificate { .. }));
    let garbage = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    assert!(matches!(told(write(garbage)), TlsError::BadCertificate { file } if file.ends_with("certificate.pem")));
    let no_certificate = "-----BEGIN CERTIFICATE-----\naGVsbG8gd29ybGQK\n-----END CERTIFICATE-----\n";
    assert!(matches!(told(write(no_certificate)), TlsError::BadCertificate { .. }));
    let gone = told(|place, _| fs::remove_file(&place.files.certificate).unwrap());
    assert!(matches!(&gone, TlsError::Unreadable { file, .. } if file.ends_with("certificate.pem")), "{gone}");
    let key =
        told(|place, _| fs::write(&place.files.certificate, KeyPair::generate().unwrap().serialize_pem()).unwrap());
    assert!(matches!(key, TlsError::NoCertificate { .. }));
}

#[test]
fn its_time() {
    let former = told(|place, authority| place.put(&authority.issue_for(2000, 2001)));
    assert!(matches!(&former, TlsError::Expired { at, .. } if at.to_string() == "2001-01-01T00:00:00Z"), "{former}");
    assert!(former.to_string().ends_with("ended at 2001-01-01T00:00:00Z; put a renewed one there"), "{former}");
    let later = told(|place, authority| place.put(&authority.issue_for(3000, 3001)));
    assert!(matches!(&later, TlsError::NotYetValid { at, .. } if at.to_string() == "3000-01-01T00:00:00Z"), "{later}");
}

#[test]
fn the_key() {
    let write = |text: &'static str| move |place: &mut Place, _: &Authority| fs::write(&place.files.key, text).unwrap();
    assert!(matches!(told(write("")), TlsError::NoKey { file } if file.ends_with("key.pem")));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8gd29ybGQK\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert!(matches!(told(write(encrypted)), TlsError::NoKey { .. }));
    for garbage in ["!!!!", "aGVsbG8gd29ybGQK"] {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{garbage}\n-----END PRIVATE KEY-----\n");
        assert!(matches!(told(|place, _| fs::write(&place.files.key, pem).unwrap()), TlsError::BadKey { .. }));
    }
    let other = told(|place, authority| fs::write(&place.files.key, authority.issue().key).unwrap());
    assert!(
        matches!(&other, TlsError::Mismatch { key, certificate } if key.ends_with("key.pem") && certificate.ends_with("certificate.pem")),
        "{other}"
    );
}

#[test]
fn the_clients_authorities() {
    let write = |text: &'static str| {
        move |place: &mut Place, _: &Authority| fs::write(place.files.client_ca.as_ref().unwrap(), text).unwrap()
    };
    assert!(matches!(told(write("")), TlsError::NoCertificate { file } if file.ends_with("client_ca.pem")));
    let no_certificate = "-----BEGIN CERTIFICATE-----\naGVsbG8gd29ybGQK\n-----END CERTIFICATE-----\n";
    assert!(
        matches!(told(write(no_certificate)), TlsError::BadCertificate { file } if file.ends_with("client_ca.pem"))
    );
}
