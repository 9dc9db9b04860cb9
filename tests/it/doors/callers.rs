//! Callers of every role, with credentials as an operator would give them out.

use std::path::PathBuf;

use genesys_sim::SimOptions;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use session_resumption::clock::SystemClock;
use session_resumption::ports::Clock as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::Harness;

pub(super) const ORIGIN: &str = "https://shop.example";
pub(super) const SITE_SECRET: &str = "the-secret-of-the-site-that-signs-tokens";
const OUR_SECRET: &str = "the-secret-of-the-service-itself-0123456";

/// The roles that show a key, and their keys.
pub(super) const KEYS: [(&str, &str); 4] = [
    ("service", "key-of-the-backend"),
    ("architect", "key-of-the-flow"),
    ("operator", "key-of-the-operator"),
    ("events", "key-of-the-bus"),
];

/// A service that knows these callers, and the files that say so.
pub(super) struct Known {
    pub(super) harness: Harness,
    pub(super) dir: TempDir,
}

impl Known {
    pub(super) async fn start(settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ours"), OUR_SECRET).unwrap();
        let callers = write(&dir, &KEYS);
        let ours = dir.path().join("ours");
        let given = [
            ("auth.callers_file", callers.to_str().unwrap()),
            ("auth.session_token_secret_file", ours.to_str().unwrap()),
            ("web.allowed_origins", ORIGIN),
        ];
        let settings: Vec<_> = given.into_iter().chain(settings.iter().copied()).collect();
        let harness = Harness::with(SimOptions::default(), &settings).await;
        Self { harness, dir }
    }

    /// Names these callers from now on.
    pub(super) fn name_only(&self, keys: &[(&str, &str)]) {
        write(&self.dir, keys);
    }
}

/// Writes the file that names callers, these keys among them.
pub(super) fn write(dir: &TempDir, keys: &[(&str, &str)]) -> PathBuf {
    std::fs::write(dir.path().join("site"), SITE_SECRET).unwrap();
    let path = dir.path().join("callers.toml");
    std::fs::write(&path, file(dir, keys)).unwrap();
    path
}

fn file(dir: &TempDir, keys: &[(&str, &str)]) -> String {
    let entry = |(role, key): &(&str, &str)| {
        let hash = Sha256::digest(key).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        format!("[[api_key]]\nname = \"the-{role}\"\nrole = \"{role}\"\nsha256 = \"{hash}\"\n\n")
    };
    let keys: String = keys.iter().map(entry).collect();
    let certificate = "[[certificate]]\nname = \"the-mesh\"\nrole = \"service\"\nsan = \"backend.example\"\n\n";
    let secret = dir.path().join("site");
    let issuer = |name: &str, role: &str| {
        format!(
            "[[issuer]]\nissuer = \"{name}\"\naudience = [\"chat\"]\nrole = \"{role}\"\nalgorithms = [\"HS256\"]\nsecret_file = \"{}\"\n",
            secret.display()
        )
    };
    format!("{keys}{certificate}{}{}", issuer("site", "browser"), issuer("bus", "events"))
}

/// A browser's token of the site, for one session, good for so long from now on (or not any more).
pub(super) fn token(conversation: &str, participant: &str, seconds: i64) -> String {
    signed(&claims(conversation, participant, seconds))
}

pub(super) fn claims(conversation: &str, participant: &str, seconds: i64) -> Value {
    json!({
        "iss": "site", "aud": "chat", "sub": "visitor", "exp": now() + seconds,
        "conversation_id": conversation, "participant_id": participant,
    })
}

pub(super) fn signed(claims: &Value) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(SITE_SECRET.as_bytes())).unwrap()
}

fn now() -> i64 {
    SystemClock::start().now().as_second()
}
