//! The one list of all keys: what is known, what is parsed and what is printed all come from here.

use std::time::Duration;

use super::key::{Describe, Key};
use super::parse::{
    CertificateFile, Choice, HttpUrl, LoopbackAddress, Portion, Range, Secret, SecretFile, StoreAddress, Text,
    WholeNumber, WindowRange,
};
use super::sections::{MarkerAuthor, Profile, ReadMethod, TokenRefresh};

/// Declares each key and the list of all of them together, so that no key can be missing from the list.
macro_rules! keys {
    ($($id:ident: $parser:ty = $key:expr;)*) => {
        $(pub(super) static $id: Key<$parser> = $key;)*
        /// All keys, in the order in which they are printed.
        pub(super) static ALL: &[&dyn Describe] = &[$(&$id),*];
    };
}

/// Longer than any threading timeline of Genesys Cloud, after which a conversation cannot come back.
const WINDOW: WindowRange = WindowRange { max: Duration::from_hours(72) };

keys! {
    SERVER_LISTEN: LoopbackAddress = Key {
        name: "server.listen",
        default: Some("127.0.0.1:50051"),
        help: "where callers reach the service",
        why: "50051 is the customary port of gRPC; beyond loopback anyone could call",
        parser: LoopbackAddress,
    };
    SERVER_ADMIN_LISTEN: LoopbackAddress = Key {
        name: "server.admin_listen",
        default: Some("127.0.0.1:9090"),
        help: "where the platform reaches metrics and probes",
        why: "a port of its own, so that exposing the service never exposes its internals",
        parser: LoopbackAddress,
    };
    SERVER_DRAIN_TIMEOUT: Range = Key {
        name: "server.drain_timeout",
        default: Some("20s"),
        help: "how long calls in flight may go on after a signal to stop",
        why: "below the 30s that Kubernetes waits before it kills",
        parser: Range { min: Duration::from_secs(1), max: Duration::from_mins(10) },
    };
    SERVER_MAX_CALL_TIME: Range = Key {
        name: "server.max_call_time",
        default: Some("30s"),
        help: "the longest deadline a call gets, whatever its caller asks for",
        why: "room for several requests to Genesys, and an end to calls without a deadline",
        parser: Range { min: Duration::from_millis(100), max: Duration::from_mins(5) },
    };
    GENESYS_PROFILE: Choice<Profile> = Key {
        name: "genesys.profile",
        default: None,
        help: "which contract of Genesys is spoken",
        why: "must be given: a wrong guess would fail every call",
        parser: Choice(&[("guide", Profile::Guide)]),
    };
    GENESYS_API_URL: HttpUrl = Key {
        name: "genesys.api_url",
        default: None,
        help: "the API of your region, such as https://api.mypurecloud.com",
        why: "must be given: only you know your region",
        parser: HttpUrl,
    };
    GENESYS_LOGIN_URL: HttpUrl = Key {
        name: "genesys.login_url",
        default: None,
        help: "the login host of your region, such as https://login.mypurecloud.com; tokens come from /oauth/token beneath it",
        why: "must be given: only you know your region",
        parser: HttpUrl,
    };
    GENESYS_CLIENT_ID: Text = Key {
        name: "genesys.client_id",
        default: None,
        help: "the id of the OAuth client (grant type: client credentials)",
        why: "must be given: it is yours alone",
        parser: Text,
    };
    GENESYS_CLIENT_SECRET: Secret = Key {
        name: "genesys.client_secret",
        default: None,
        help: "the secret of the OAuth client; give this or genesys.client_secret_file, not both",
        why: "one of the two must be given",
        parser: Secret,
    };
    GENESYS_CLIENT_SECRET_FILE: SecretFile = Key {
        name: "genesys.client_secret_file",
        default: None,
        help: "a file that holds the secret, such as a mounted Kubernetes secret; read once at start, line breaks at its end dropped",
        why: "one of the two must be given",
        parser: SecretFile,
    };
    GENESYS_TIMEOUT: Range = Key {
        name: "genesys.timeout",
        default: Some("3s"),
        help: "how long one request to Genesys may take",
        why: "a customer waits for the answer, and a slow one is tried again",
        parser: Range { min: Duration::from_millis(50), max: Duration::from_mins(1) },
    };
    GENESYS_READ_METHOD: Choice<ReadMethod> = Key {
        name: "genesys.read_method",
        default: Some("POST"),
        help: "the method that reads a conversation",
        why: "the guide prints POST",
        parser: Choice(&[("POST", ReadMethod::Post), ("GET", ReadMethod::Get)]),
    };
    GENESYS_TOKEN_REFRESH: Choice<TokenRefresh> = Key {
        name: "genesys.token_refresh",
        default: Some("cached"),
        help: "when an access token is asked for",
        why: "asking for tokens is itself limited; per_request is the guide's literal rule",
        parser: Choice(&[("cached", TokenRefresh::Cached), ("per_request", TokenRefresh::PerRequest)]),
    };
    GENESYS_BUDGET_PER_MINUTE: WholeNumber = Key {
        name: "genesys.budget_per_minute",
        default: Some("300"),
        help: "the most requests this replica sends to Genesys in a minute",
        why: "what Genesys allows one OAuth client; replicas do not share it, so give each its part",
        parser: WholeNumber { min: 10, max: 100_000 },
    };
    GENESYS_DEGRADED_SHARE: Portion = Key {
        name: "genesys.degraded_share",
        default: Some("0.1"),
        help: "which part of genesys.budget_per_minute this replica may use while the store is out of reach",
        why: "replicas that share a store cannot tell how much the others use without it; enough for ten of them",
        parser: Portion,
    };
    POLICY_WINDOWS_DISCONNECTED: WindowRange = Key {
        name: "policy.windows.disconnected",
        default: Some("300s"),
        help: "how long after a disconnect a conversation can be resumed",
        why: "the guide's window",
        parser: WINDOW,
    };
    POLICY_WINDOWS_ACTIVE: WindowRange = Key {
        name: "policy.windows.active",
        default: Some("unlimited"),
        help: "how long after its last change a conversation with an agent can be resumed",
        why: "a live conversation is not over because it is old; 300s is the guide's literal rule",
        parser: WINDOW,
    };
    POLICY_WINDOWS_TRANSFER: WindowRange = Key {
        name: "policy.windows.transfer",
        default: Some("unlimited"),
        help: "the same for a conversation in transfer",
        why: "as for active",
        parser: WINDOW,
    };
    POLICY_WINDOWS_QUEUE: WindowRange = Key {
        name: "policy.windows.queue",
        default: Some("unlimited"),
        help: "the same for a conversation that waits in a queue",
        why: "as for active; starting over would cost the customer the place",
        parser: WINDOW,
    };
    POLICY_WINDOWS_REROUTE: WindowRange = Key {
        name: "policy.windows.reroute",
        default: Some("unlimited"),
        help: "the same for a conversation that is routed anew",
        why: "as for queue",
        parser: WINDOW,
    };
    HANDSHAKE_REPLAY_TTL: Range = Key {
        name: "handshake.replay_ttl",
        default: Some("60s"),
        help: "how long the answer to a resumption is replayed to whoever asks again",
        why: "the guide's lifetime of a handshake",
        parser: Range { min: Duration::from_secs(1), max: Duration::from_hours(1) },
    };
    INJECT_MARKER_AUTHOR: Choice<MarkerAuthor> = Key {
        name: "inject.marker_author",
        default: Some("customer"),
        help: "in whose name the marker of a resumed session is written",
        why: "the guide prints the request so",
        parser: Choice(&[("customer", MarkerAuthor::Customer), ("system", MarkerAuthor::System)]),
    };
    STORE_URL: StoreAddress = Key {
        name: "store.url",
        default: Some("memory:"),
        help: "where state is kept: in this process's memory, or in Redis (7 or later) or Valkey, which replicas share",
        why: "needs nothing beside the service, and serves one replica",
        parser: StoreAddress,
    };
    STORE_CA_FILE: CertificateFile = Key {
        name: "store.ca_file",
        default: None,
        help: "a file with the certificates of the authorities that sign the store's; read once at start",
        why: "without it the system's authorities are trusted",
        parser: CertificateFile,
    };
}

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static dyn Describe> {
    ALL.iter().copied().find(|key| key.name() == name)
}

/// Every section that holds keys or sections, outer before inner.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&str> =
        ALL.iter().flat_map(|key| key.name().match_indices('.').map(|(dot, _)| &key.name()[..dot])).collect();
    sections.sort_unstable();
    sections.dedup();
    sections
}
