//! What callers show: nobody is known by anything but a credential that was given out.

#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rustls::pki_types::CertificateDer;
use session_resumption::auth::{Authenticator, SessionTokens, Settings, Shown, Times};
use session_resumption::callers::Callers;
use session_resumption::domain::principal::Identity;
use session_resumption_fuzz::{CALLERS, Standing, block_on};

static AUTHENTICATOR: LazyLock<Authenticator> = LazyLock::new(|| {
    let callers = Callers::parse(CALLERS).expect("the callers are right");
    let settings = Settings { lapsed_for: Duration::from_mins(5), published_keys: Times::default() };
    let ours = SessionTokens::new(&[b"a-secret-of-our-own-that-is-long-enough"]);
    Authenticator::new(callers, ours, settings, Arc::new(Standing)).expect("it needs nothing")
});

#[derive(Debug, arbitrary::Arbitrary)]
struct Given<'a> {
    bearer: Option<&'a str>,
    api_key: Option<&'a str>,
    cookie: Option<&'a str>,
    certificate: Option<&'a [u8]>,
}

fuzz_target!(|given: Given<'_>| {
    let certificates: Vec<_> =
        given.certificate.map(|bytes| CertificateDer::from(bytes.to_vec())).into_iter().collect();
    let shown =
        Shown { bearer: given.bearer, api_key: given.api_key, cookie: given.cookie, certificates: &certificates };
    let identified = block_on(AUTHENTICATOR.identify(shown)).expect("no keys have to be fetched");
    // A key of 256 bits is not guessed, nor is a signature.
    assert!(matches!(identified.identity, Identity::Nobody | Identity::Refused), "{identified:?}");
});
