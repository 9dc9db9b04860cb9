//! Who may come in, how, and how often.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::Certificates;
use crate::cidr::Cidr;
use crate::config::keys;
use crate::config::reader::Reader;

/// Who calls, and how they prove it.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// The file that names callers. Without one, whoever connects from loopback is a trusted service and nobody else is known.
    pub callers_file: Option<PathBuf>,
    /// The file with the secrets that sign session tokens. Without one, none are issued.
    pub session_token_secret_file: Option<PathBuf>,
    /// How long a session token is good.
    pub session_token_ttl: Duration,
}

/// What pages in browsers may do.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// The origins of the pages that may call, each exactly as a browser sends it.
    pub allowed_origins: Vec<String>,
    /// From where the browser sends the session's cookie along.
    pub cookie_same_site: SameSite,
}

/// From where a browser sends a cookie along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Pages of the same site.
    Strict,
    /// The same, and links that lead there.
    Lax,
    /// Everywhere.
    None,
}

/// How connections are encrypted.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// What the service shows. None: the serving port is in the clear.
    pub files: Option<TlsFiles>,
    /// Whether it may be in the clear beyond loopback.
    pub allow_plaintext: bool,
}

/// The files of a TLS server.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Its certificate and those that lead to the authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of clients' certificates. None: clients are asked for none.
    pub client_ca: Option<PathBuf>,
}

/// How much each may ask.
#[derive(Debug, Clone)]
pub struct LimitsConfig {
    /// One address, before it is known who calls.
    pub address: Option<Rate>,
    /// One browser.
    pub browser: Option<Rate>,
    /// One flow's credentials.
    pub architect: Option<Rate>,
    /// One service's credentials.
    pub service: Option<Rate>,
    /// One session, whoever asks.
    pub session: Option<Rate>,
    /// Calls of all callers at once.
    pub max_concurrent_calls: u32,
    /// The proxies whose word on the client's address is taken.
    pub trusted_proxies: Vec<Cidr>,
}

/// A steady rate, and how much may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls in a minute.
    pub per_minute: NonZeroU32,
    /// Calls at once after a rest.
    pub burst: NonZeroU32,
}

impl AuthConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let callers_file = reader.get_if_given(&keys::AUTH_CALLERS_FILE);
        let session_token_secret_file = reader.get_if_given(&keys::AUTH_SESSION_TOKEN_SECRET_FILE);
        let session_token_ttl = reader.get(&keys::AUTH_SESSION_TOKEN_TTL);
        Some(Self {
            callers_file: callers_file?,
            session_token_secret_file: session_token_secret_file?,
            session_token_ttl: session_token_ttl?,
        })
    }
}

impl WebConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let allowed_origins = reader.get_if_given(&keys::WEB_ALLOWED_ORIGINS);
        let cookie_same_site = reader.get(&keys::WEB_COOKIE_SAME_SITE);
        Some(Self { allowed_origins: allowed_origins?.unwrap_or_default(), cookie_same_site: cookie_same_site? })
    }
}

impl TlsConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let certificate = reader.get_if_given(&keys::TLS_CERTIFICATE_FILE);
        let key = reader.get_if_given(&keys::TLS_KEY_FILE);
        let client_ca = reader.get_if_given(&keys::TLS_CLIENT_CA_FILE);
        let allow_plaintext = reader.get(&keys::TLS_ALLOW_PLAINTEXT);
        let (certificate, key, client_ca, allow_plaintext) = (certificate?, key?, client_ca?, allow_plaintext?);
        if certificate.is_some() && key.is_none() {
            reader.refuse(&keys::TLS_CERTIFICATE_FILE, "tls.key_file is not given, and a certificate needs its key");
        }
        if key.is_some() && certificate.is_none() {
            reader.refuse(&keys::TLS_KEY_FILE, "tls.certificate_file is not given, and a key needs its certificate");
        }
        if client_ca.is_some() && certificate.is_none() {
            let why = "tls.certificate_file is not given; clients can show certificates to a server that uses TLS";
            reader.refuse(&keys::TLS_CLIENT_CA_FILE, why);
        }
        if allow_plaintext && certificate.is_some() {
            let why = "tls.certificate_file is given, so nothing is in the clear; leave one of them out";
            reader.refuse(&keys::TLS_ALLOW_PLAINTEXT, why);
        }
        let files = certificate.zip(key).map(|(certificate, key)| TlsFiles {
            certificate: certificate.path,
            key,
            client_ca: client_ca.map(|Certificates { path, .. }| path),
        });
        Some(Self { files, allow_plaintext })
    }
}

impl LimitsConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let address = reader.get(&keys::LIMITS_ADDRESS);
        let browser = reader.get(&keys::LIMITS_BROWSER);
        let architect = reader.get(&keys::LIMITS_ARCHITECT);
        let service = reader.get(&keys::LIMITS_SERVICE);
        let session = reader.get(&keys::LIMITS_SESSION);
        let max_concurrent_calls = reader.get(&keys::LIMITS_MAX_CONCURRENT_CALLS);
        let trusted_proxies = reader.get_if_given(&keys::LIMITS_TRUSTED_PROXIES);
        Some(Self {
            address: address?,
            browser: browser?,
            architect: architect?,
            service: service?,
            session: session?,
            max_concurrent_calls: max_concurrent_calls?,
            trusted_proxies: trusted_proxies?.unwrap_or_default(),
        })
    }
}

/// What decides on whether the listener may be open to others: read before the rest, so that no other mistake hides that it may not.
pub(in crate::config) struct Guarded {
    /// Where the service is to listen.
    pub(in crate::config) listen: Option<SocketAddr>,
    names_callers: bool,
    encrypts: bool,
}

impl Guarded {
    pub(in crate::config) fn read(reader: &mut Reader) -> Self {
        Self {
            names_callers: reader.gives(&keys::AUTH_CALLERS_FILE),
            encrypts: reader.gives(&keys::TLS_CERTIFICATE_FILE),
            listen: reader.get(&keys::SERVER_LISTEN),
        }
    }

    /// Beyond loopback nobody is let in without credentials, nor shows them in the clear.
    pub(in crate::config) fn check(self, reader: &mut Reader, tls: Option<&TlsConfig>) {
        if self.listen.is_none_or(|listen| listen.ip().to_canonical().is_loopback()) {
            return;
        }
        if !self.names_callers {
            let why = "auth.callers_file is not given, so nobody beyond loopback could call; name the callers there, or listen \
                       on a loopback address";
            reader.refuse(&keys::SERVER_LISTEN, why);
        }
        if !self.encrypts && !tls.is_some_and(|tls| tls.allow_plaintext) {
            let why = "credentials would cross the network in the clear; give tls.certificate_file and tls.key_file, or set \
                       tls.allow_plaintext = true where a mesh or a proxy encrypts";
            reader.refuse(&keys::SERVER_LISTEN, why);
        }
    }
}
