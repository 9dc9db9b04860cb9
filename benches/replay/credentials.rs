//! Callers, and what proves them: files for the servers, tokens and keys for the load.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{CertifiedKey, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use session_resumption::auth::SessionTokens;
use session_resumption::clock::SystemClock;
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};
use session_resumption::domain::principal::Bound;
use session_resumption::pb;
use session_resumption::ports::Clock as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use crate::row::Shows;

const API_KEY: &str = "the-key-of-the-backend-0123456789abcdef";
const SITE_SECRET: &str = "the-secret-of-the-site-that-signs-tokens";
const OUR_SECRET: &str = "the-secret-of-the-service-itself-0123456";

/// The line of the session token.
pub(crate) const LINE: Uuid = Uuid::from_u128(7);

/// Longer than any run.
pub(crate) const GOOD_FOR: Duration = Duration::from_hours(1);

/// The files that servers are given.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    dir: PathBuf,
}

/// What the load shows.
#[derive(Debug)]
pub(crate) struct Credentials {
    _dir: TempDir,
    files: Files,
    hs256: String,
    es256: String,
    session_token: String,
    /// Trusts the servers.
    pub(crate) tls: Arc<ClientConfig>,
}

impl Files {
    pub(crate) fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn callers(&self) -> PathBuf {
        self.dir.join("callers.toml")
    }

    pub(crate) fn session_secret(&self) -> PathBuf {
        self.dir.join("ours")
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir.join("certificate.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.dir.join("key.pem")
    }
}

impl Credentials {
    /// Names callers for one session.
    pub(crate) fn new(session: &pb::ValidateSessionRequest) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let files = Files::in_dir(dir.path());

        let house = KeyPair::generate()?;
        fs::write(dir.path().join("house.pem"), house.public_key_pem())?;
        fs::write(dir.path().join("site"), SITE_SECRET)?;
        fs::write(files.session_secret(), OUR_SECRET)?;
        fs::write(files.callers(), callers(dir.path()))?;

        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        fs::write(files.certificate(), cert.pem())?;
        fs::write(files.key(), signing_key.serialize_pem())?;
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone())?;
        let mut tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec()];

        let now = SystemClock::start().now();
        let expires = now.as_second() + i64::try_from(GOOD_FOR.as_secs())?;
        let site = json!({
            "iss": "site", "aud": "chat", "sub": "visitor", "exp": expires,
            "conversation_id": session.conversation_id, "participant_id": session.participant_id,
        });
        let hs256 = encode(&Header::new(Algorithm::HS256), &site, &EncodingKey::from_secret(SITE_SECRET.as_bytes()))?;
        let backend = json!({"iss": "house", "aud": "chat", "sub": "the-backend", "exp": expires});
        let house = EncodingKey::from_ec_pem(house.serialize_pem().as_bytes())?;
        let es256 = encode(&Header::new(Algorithm::ES256), &backend, &house)?;
        let pair = Pair {
            conversation: ConversationId::parse(&session.conversation_id).ok().context("no conversation id")?,
            participant: ParticipantId::parse(&session.participant_id).ok().context("no participant id")?,
        };
        let session_token = SessionTokens::new(&[OUR_SECRET.as_bytes()])
            .and_then(|tokens| tokens.issue(&Bound::Pair(pair), LINE, 1, now, GOOD_FOR))
            .context("no session token")?;
        Ok(Self { _dir: dir, files, hs256, es256, session_token, tls: Arc::new(tls) })
    }

    /// Where the servers find them.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The header that shows them.
    pub(crate) fn header(&self, shows: Shows) -> Option<(&'static str, String)> {
        let bearer = |token: &str| Some(("authorization", format!("Bearer {token}")));
        match shows {
            Shows::Nothing => None,
            Shows::ApiKey => Some(("x-api-key", API_KEY.to_owned())),
            Shows::Hs256 => bearer(&self.hs256),
            Shows::Es256 => bearer(&self.es256),
            Shows::SessionToken => bearer(&self.session_token),
        }
    }
}

fn callers(dir: &Path) -> String {
    let hash = Sha256::digest(API_KEY).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let dir = dir.display();
    format!(
        "[[api_key]]\nname = \"the-backend\"\nrole = \"service\"\nsha256 = \"{hash}\"\n\n\
         [[issuer]]\nissuer = \"site\"\naudience = [\"chat\"]\nrole = \"browser\"\nalgorithms = [\"HS256\"]\nsecret_file = \"{dir}/site\"\n\n\
         [[issuer]]\nissuer = \"house\"\naudience = [\"chat\"]\nrole = \"service\"\nalgorithms = [\"ES256\"]\nkey_file = \"{dir}/house.pem\"\n"
    )
}
