//! What a simulator is started with.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::http::{Method, StatusCode};
use jiff::Timestamp;

use crate::{AgentDisconnect, answer::Answer};

/// How one simulator is set up. The defaults suit a test: a free loopback port and Genesys Cloud's own limits.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The OAuth client's id.
    pub client_id: String,
    /// The OAuth client's secret.
    pub client_secret: String,
    /// How long an access token lives.
    pub token_ttl: Duration,
    /// How many API requests a token may make in a minute.
    pub requests_per_minute: u32,
    /// How long a conversation may stay DISCONNECTED before it is TERMINATED; never if absent.
    pub auto_close: Option<Duration>,
    /// The method of the read call.
    pub read_method: ReadMethod,
    /// Whether the transcript can be read back; if not, `GET .../messages` answers 405.
    pub transcript_supported: bool,
    /// How often a notification channel gives a sign of life, in real time.
    pub heartbeat: Duration,
    /// The messenger deployment that platform conversations are created in.
    pub deployment_id: String,
    /// For how long after its end a message continues a platform conversation.
    pub threading_timeline: Duration,
    /// How long a participant's attributes take to become visible on the platform.
    pub attribute_delay: Duration,
    /// The permissions that the OAuth client's roles lack on the platform.
    pub missing_permissions: Vec<String>,
    /// How many tokens may be issued in a minute; any number if absent.
    pub mints_per_minute: Option<u32>,
    /// What the platform answers if custom attributes have another version.
    pub version_mismatch: VersionMismatch,
    /// The domains whose pages may open a guest's socket; any, and no page at all, if there are none.
    pub guest_allowed_domains: Vec<String>,
    /// How long a guest's session outlives its last message.
    pub guest_session_duration: Duration,
    /// How many messages a guest may send in a second.
    pub guest_messages_per_second: usize,
    /// How many sockets a guest may have at a time.
    pub guest_socket_limit: usize,
    /// What the guest is told when the other side ends the conversation.
    pub agent_disconnect: AgentDisconnect,
    /// What the simulator's clock shows at the start; real time if absent.
    pub start_time: Option<Timestamp>,
}

/// The method of the read call: the guide prints POST, a cautious reader expects GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadMethod {
    /// As the guide prints it.
    Post,
    /// As HTTP would have it.
    Get,
}

/// What the platform answers to an outdated version: it "may be a 409 or 400 with specific error message".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMismatch {
    /// 409
    Conflict,
    /// 400
    BadRequest,
}

// === impl VersionMismatch ===

impl VersionMismatch {
    pub(crate) fn answer(self) -> Answer {
        let (status, message) = match self {
            Self::Conflict => {
                (StatusCode::CONFLICT, "The request conflicts with the current state of the target resource.")
            }
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "The version in the request does not match the current version")
            }
        };
        Answer::error(status, message)
    }
}

// === impl ReadMethod ===

impl ReadMethod {
    pub(crate) fn as_method(self) -> &'static Method {
        match self {
            Self::Post => &Method::POST,
            Self::Get => &Method::GET,
        }
    }
}

// === impl SimOptions ===

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            client_id: "sim-client".to_owned(),
            client_secret: "sim-secret".to_owned(),
            token_ttl: Duration::from_hours(24),
            requests_per_minute: 300,
            auto_close: None,
            read_method: ReadMethod::Post,
            transcript_supported: true,
            heartbeat: Duration::from_secs(30),
            deployment_id: "5f8a1c3e-0000-4000-8000-0000000000d0".to_owned(),
            threading_timeline: Duration::from_hours(72),
            attribute_delay: Duration::from_millis(200),
            missing_permissions: Vec::new(),
            mints_per_minute: None,
            version_mismatch: VersionMismatch::Conflict,
            guest_allowed_domains: Vec::new(),
            guest_session_duration: Duration::from_hours(72),
            guest_messages_per_second: 2,
            guest_socket_limit: 3,
            agent_disconnect: AgentDisconnect::Send,
            start_time: None,
        }
    }
}
