//! What callers show: nobody is known by anything but a credential that was given out.
//!
//! The input is up to three lines: a token, a key, a cookie's value. An empty line shows nothing.

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

fuzz_target!(|given: &[u8]| {
    let certificates = [CertificateDer::from(given.to_vec())];
    let text = String::from_utf8_lossy(given);
    let mut lines = text.lines().map(|line| Some(line).filter(|line| !line.is_empty()));
    let (bearer, api_key, cookie) = (lines.next().flatten(), lines.next().flatten(), lines.next().flatten());
    for certificates in [&certificates[..], &[]] {
        let shown = Shown { bearer, api_key, cookie, certificates };
        let identified = block_on(AUTHENTICATOR.identify(shown)).expect("no keys have to be fetched");
        // A key of 256 bits is not guessed, nor is a signature.
        assert!(matches!(identified.identity, Identity::Nobody | Identity::Refused), "{identified:?}");
    }
});
