//! Callers of every kind, their keys, and what they show.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::auth::{Authenticator, SessionTokens, Settings, Times};
use crate::callers::Callers;
use crate::ports::Clock;

pub(super) const NOW: i64 = 1_700_000_000;
pub(super) const SECRET: &str = "a-secret-of-the-site-that-is-long-enough";
pub(super) const OUR_SECRET: &str = "a-secret-of-our-own-that-is-long-enough!";
pub(super) const API_KEY: &str = "sr_5d41402abc4b2a76b9719d911017c592";

/// A clock that stands.
pub(super) struct Standing(pub(super) Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

pub(super) struct Signer {
    pub(super) pair: KeyPair,
    pub(super) algorithm: Algorithm,
}

impl Signer {
    fn new(algorithm: Algorithm) -> Self {
        let kind = match algorithm {
            Algorithm::RS256 => &PKCS_RSA_SHA256,
            Algorithm::ES256 => &PKCS_ECDSA_P256_SHA256,
            _ => &PKCS_ED25519,
        };
        Self { pair: KeyPair::generate_for(kind).unwrap(), algorithm }
    }

    pub(super) fn key(&self) -> EncodingKey {
        let pem = self.pair.serialize_pem();
        match self.algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_ed_pem(pem.as_bytes()),
        }
        .unwrap()
    }
}

pub(super) struct Given {
    pub(super) rsa: Signer,
    pub(super) ec: Signer,
    pub(super) ed: Signer,
    /// Of somebody who is not in the file.
    pub(super) strangers_rsa: Signer,
    pub(super) callers: Callers,
}

/// RSA keys are slow to make, so all tests share them.
pub(super) static GIVEN: LazyLock<Given> = LazyLock::new(|| {
    let (rsa, ec, ed) = (Signer::new(Algorithm::RS256), Signer::new(Algorithm::ES256), Signer::new(Algorithm::EdDSA));
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let hash = Sha256::digest(API_KEY).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let issuer = |name: &str, role: &str, algorithm: &str, keys: String| {
        format!(
            "[[issuer]]\nissuer = \"{name}\"\naudience = [\"sr\", \"sr2\"]\nrole = \"{role}\"\nalgorithms = [\"{algorithm}\"]\n{keys}\n"
        )
    };
    let file = |key: &str, name: &str, text: String| format!("{key} = \"{}\"", write(name, text));
    let text = [
        format!("[[api_key]]\nname = \"backend\"\nrole = \"service\"\nsha256 = \"{hash}\"\n"),
        "[[certificate]]\nname = \"billing\"\nrole = \"architect\"\nsan = \"billing.example\"\n".to_owned(),
        issuer("site", "browser", "HS256", file("secret_file", "secret", SECRET.to_owned())),
        issuer(
            "rsa",
            "service",
            "RS256",
            file("key_file", "rsa", rsa.pair.public_key_pem()) + "\nrequired_claims = [\"jti\"]",
        ),
        issuer("ec", "operator", "ES256", file("key_file", "ec", ec.pair.public_key_pem())),
        issuer("ed", "browser", "EdDSA", file("key_file", "ed", ed.pair.public_key_pem())),
    ]
    .concat();
    let callers = Callers::load(std::path::Path::new(&write("callers.toml", text))).unwrap();
    Given { rsa, ec, ed, strangers_rsa: Signer::new(Algorithm::RS256), callers }
});

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

pub(super) fn our_tokens() -> SessionTokens {
    SessionTokens::new(&[OUR_SECRET.as_bytes()]).unwrap()
}

pub(super) fn authenticator_with(callers: Callers, times: Times) -> Authenticator {
    let settings = Settings { lapsed_for: Duration::from_mins(5), published_keys: times };
    Authenticator::new(callers, Some(our_tokens()), settings, Arc::new(Standing(now()))).unwrap()
}

pub(super) fn authenticator() -> Authenticator {
    authenticator_with(GIVEN.callers.clone(), Times::default())
}

/// A browser's good claims.
pub(super) fn browser(issuer: &str) -> Value {
    json!({
        "iss": issuer, "aud": "sr", "sub": "visitor-1", "exp": NOW + 60, "iat": NOW,
        "conversation_id": "c-1", "participant_id": "p-1",
    })
}

/// A service's good claims.
pub(super) fn service(issuer: &str) -> Value {
    json!({"iss": issuer, "aud": ["else", "sr2"], "sub": "robot", "exp": NOW + 60, "nbf": NOW, "jti": "1"})
}

pub(super) fn hs(claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

pub(super) fn signed(signer: &Signer, claims: &Value) -> String {
    encode(&Header::new(signer.algorithm), claims, &signer.key()).unwrap()
}

/// The claims with one changed; null takes it away.
pub(super) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}
