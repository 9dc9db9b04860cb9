//! The sections as the components take them, and how each is read.

mod doors;
mod platform;
mod tracing;

pub(super) use doors::Guarded;
pub use doors::{AuthConfig, LimitsConfig, Rate, SameSite, TlsConfig, TlsFiles, WebConfig};
pub(super) use platform::MarkerWay;
pub use platform::{MetadataHome, MirrorConfig, PlatformConfig, PlatformMarker};
pub use tracing::{OtlpProtocol, TracingConfig};

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::key::Key;
use super::keys;
use super::parse::Parse;
use super::reader::Reader;
use crate::store_url::RedisUrl;

/// The listeners and their limits.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where callers reach the service.
    pub listen: SocketAddr,
    /// Where the platform reaches metrics and probes.
    pub admin_listen: SocketAddr,
    /// How long calls in flight may go on after a signal to stop.
    pub drain_timeout: Duration,
    /// The longest deadline a call gets.
    pub max_call_time: Duration,
    /// The most connections at once.
    pub max_connections: u32,
    /// How long a connection lasts before its client is asked to open a new one.
    pub max_connection_age: Window,
}

/// The way to Genesys Cloud.
#[derive(Debug, Clone)]
pub struct GenesysConfig {
    /// Which contract is spoken.
    pub profile: Profile,
    /// The API, to whose path the resources' paths are appended.
    pub api_url: Url,
    /// The login host, to whose path `/oauth/token` is appended.
    pub login_url: Url,
    /// The id of the OAuth client.
    pub client_id: String,
    /// Its secret, wherever it came from.
    pub client_secret: SecretString,
    /// How long one request may take.
    pub timeout: Duration,
    /// The method that reads a conversation.
    pub read_method: ReadMethod,
    /// When an access token is asked for.
    pub token_refresh: TokenRefresh,
    /// The most requests in a minute.
    pub budget_per_minute: u32,
    /// The part of it that may be used without the store.
    pub degraded_share: Share,
}

/// The hosts of a region of Genesys Cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its API.
    pub api_url: Url,
    /// Where tokens come from.
    pub login_url: Url,
}

/// A part of a whole: more than nothing, at most all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    millionths: u32,
}

impl Share {
    const ALL: u32 = 1_000_000;

    pub(in crate::config) fn millionths(millionths: u32) -> Option<Self> {
        (1..=Self::ALL).contains(&millionths).then_some(Self { millionths })
    }

    /// So much of the whole, rounded down, but never nothing.
    pub fn of(self, whole: NonZeroU32) -> NonZeroU32 {
        let part = u64::from(whole.get()) * u64::from(self.millionths) / u64::from(Self::ALL);
        u32::try_from(part).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }
}

/// Which contract of Genesys is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Paths, statuses and fields exactly as the guide has them.
    Guide,
    /// The public API of Genesys Cloud.
    Platform,
}

/// The method that reads a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMethod {
    /// As the guide prints it.
    Post,
    /// As one would expect of a read.
    Get,
}

/// When an access token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefresh {
    /// Shortly before the last one expires, and when it is refused.
    Cached,
    /// For every request.
    PerRequest,
}

/// What may be resumed.
#[derive(Debug, Clone)]
pub struct PolicyConfig {
    /// How long, by status.
    pub windows: WindowsConfig,
}

/// How long after its last change a conversation can be resumed, by its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowsConfig {
    /// For DISCONNECTED.
    pub disconnected: Window,
    /// For ACTIVE.
    pub active: Window,
    /// For TRANSFER.
    pub transfer: Window,
    /// For QUEUE.
    pub queue: Window,
    /// For REROUTE.
    pub reroute: Window,
}

/// An age up to which something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Up to and including this age.
    Limited(Duration),
    /// At any age.
    Unlimited,
}

/// How a resumption is shared by those who ask for it.
#[derive(Debug, Clone)]
pub struct HandshakeConfig {
    /// How long its answer is replayed.
    pub replay_ttl: Duration,
}

/// How context is restored in the transcript.
#[derive(Debug, Clone)]
pub struct InjectConfig {
    /// In whose name the marker is written.
    pub marker_author: MarkerAuthor,
}

/// In whose name the marker is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerAuthor {
    /// The customer's, as the guide prints the request.
    Customer,
    /// The system's, as the guide shows the transcript.
    System,
}

/// Where state is kept.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Which store, and where.
    pub url: StoreUrl,
    /// Who signs its servers' certificates, if not an authority that the system trusts.
    pub authorities: Option<Certificates>,
}

/// Which store, and where.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// In this process, for one replica.
    Memory,
    /// In Redis or Valkey, for several.
    Redis(RedisUrl),
}

/// Certificates and the file they came from.
#[derive(Clone)]
pub struct Certificates {
    /// Where they were read.
    pub path: PathBuf,
    /// What the file holds.
    pub pem: Vec<u8>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

// Each function asks for all its keys before the first `?`, so that every problem is noticed.

impl ServerConfig {
    pub(in crate::config) fn read(reader: &mut Reader, listen: Option<SocketAddr>) -> Option<Self> {
        let admin_listen = reader.get(&keys::SERVER_ADMIN_LISTEN);
        let drain_timeout = reader.get(&keys::SERVER_DRAIN_TIMEOUT);
        let max_call_time = reader.get(&keys::SERVER_MAX_CALL_TIME);
        let max_connections = reader.get(&keys::SERVER_MAX_CONNECTIONS);
        let max_connection_age = reader.get(&keys::SERVER_MAX_CONNECTION_AGE);
        Some(Self {
            listen: listen?,
            admin_listen: admin_listen?,
            drain_timeout: drain_timeout?,
            max_call_time: max_call_time?,
            max_connections: max_connections?,
            max_connection_age: max_connection_age?,
        })
    }
}

/// The URL that is given, or the region's.
fn of_region<P: Parse<Value = Url>>(
    reader: &mut Reader,
    region: Option<&Option<Region>>,
    key: &Key<P>,
    url: fn(&Region) -> &Url,
) -> Option<Url> {
    match region {
        _ if reader.gives(key) => reader.get(key),
        Some(Some(region)) => Some(url(region).clone()),
        // Which is wrong, and was told so.
        None => None,
        Some(None) => reader.get(key),
    }
}

impl GenesysConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let profile = reader.get(&keys::GENESYS_PROFILE);
        let region = reader.get_if_given(&keys::GENESYS_REGION);
        let api_url = of_region(reader, region.as_ref(), &keys::GENESYS_API_URL, |region| &region.api_url);
        let login_url = of_region(reader, region.as_ref(), &keys::GENESYS_LOGIN_URL, |region| &region.login_url);
        let client_id = reader.get(&keys::GENESYS_CLIENT_ID);
        let client_secret = reader.get_either(&keys::GENESYS_CLIENT_SECRET, &keys::GENESYS_CLIENT_SECRET_FILE);
        let timeout = reader.get(&keys::GENESYS_TIMEOUT);
        let read_method = reader.get(&keys::GENESYS_READ_METHOD);
        let token_refresh = reader.get(&keys::GENESYS_TOKEN_REFRESH);
        let budget_per_minute = reader.get(&keys::GENESYS_BUDGET_PER_MINUTE);
        let degraded_share = reader.get(&keys::GENESYS_DEGRADED_SHARE);
        Some(Self {
            profile: profile?,
            api_url: api_url?,
            login_url: login_url?,
            client_id: client_id?,
            client_secret: client_secret?,
            timeout: timeout?,
            read_method: read_method?,
            token_refresh: token_refresh?,
            budget_per_minute: budget_per_minute?,
            degraded_share: degraded_share?,
        })
    }
}

impl PolicyConfig {
    pub(in crate::config) fn read(reader: &mut Reader, profile: Option<Profile>) -> Option<Self> {
        let disconnected = platform::disconnected(reader, profile);
        let active = reader.get(&keys::POLICY_WINDOWS_ACTIVE);
        let transfer = reader.get(&keys::POLICY_WINDOWS_TRANSFER);
        let queue = reader.get(&keys::POLICY_WINDOWS_QUEUE);
        let reroute = reader.get(&keys::POLICY_WINDOWS_REROUTE);
        let windows = WindowsConfig {
            disconnected: disconnected?,
            active: active?,
            transfer: transfer?,
            queue: queue?,
            reroute: reroute?,
        };
        Some(Self { windows })
    }
}

impl HandshakeConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        reader.get(&keys::HANDSHAKE_REPLAY_TTL).map(|replay_ttl| Self { replay_ttl })
    }
}

impl InjectConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        reader.get(&keys::INJECT_MARKER_AUTHOR).map(|marker_author| Self { marker_author })
    }
}

impl StoreConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let url = reader.get(&keys::STORE_URL);
        let authorities = reader.get_if_given(&keys::STORE_CA_FILE);
        let encrypted = matches!(&url, Some(StoreUrl::Redis(url)) if url.tls);
        if url.is_some() && !encrypted && authorities.as_ref().is_some_and(Option::is_some) {
            reader.refuse(
                &keys::STORE_CA_FILE,
                "store.url does not use TLS, so nobody's certificate is checked; begin its scheme with rediss, or leave this out",
            );
        }
        Some(Self { url: url?, authorities: authorities? })
    }
}
