//! The one list of all keys: what is known, what is parsed and what is printed all come from here.

use std::time::Duration;

use super::key::{Describe, Key};
use super::parse::{
    Address, CallersFile, CertificateFile, Choice, CollectorUrl, HttpUrl, Ids, KeyFile, Networks, Origins, Portion,
    Range, RateOrOff, Ratio, RegionName, Secret, SecretFile, SecretsFile, StoreAddress, Switch, Text, WholeNumber,
    WindowRange,
};
use super::sections::{
    MarkerAuthor, MarkerWay, MetadataHome, OtlpProtocol, Profile, ReadMethod, SameSite, TokenRefresh,
};

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
    SERVER_LISTEN: Address = Key {
        name: "server.listen",
        default: Some("127.0.0.1:50051"),
        help: "where callers reach the service",
        why: "50051 is the customary port of gRPC; an address beyond loopback needs auth.callers_file and TLS",
        parser: Address,
    };
    SERVER_ADMIN_LISTEN: Address = Key {
        name: "server.admin_listen",
        default: Some("127.0.0.1:9090"),
        help: "where the platform reaches metrics and probes",
        why: "a port of its own, so that exposing the service never exposes its internals",
        parser: Address,
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
    SERVER_MAX_CONNECTIONS: WholeNumber = Key {
        name: "server.max_connections",
        default: Some("10000"),
        help: "the most connections at once; further ones wait until one ends",
        why: "some hundred MiB of memory at worst",
        parser: WholeNumber { min: 10, max: 1_000_000 },
    };
    SERVER_MAX_CONNECTION_AGE: WindowRange = Key {
        name: "server.max_connection_age",
        default: Some("1h"),
        help: "how long a connection lasts before its client is asked to open a new one; calls in flight finish",
        why: "so that clients find new replicas, and old certificates and keys end",
        parser: WindowRange { max: Duration::from_hours(72) },
    };
    TLS_CERTIFICATE_FILE: CertificateFile = Key {
        name: "tls.certificate_file",
        default: None,
        help: "a file with the service's certificate, its own first, then those that lead to the authority; read again when it changes",
        why: "without it the serving port is in the clear",
        parser: CertificateFile,
    };
    TLS_KEY_FILE: KeyFile = Key {
        name: "tls.key_file",
        default: None,
        help: "a file with the private key of that certificate; read again when it changes",
        why: "needed with tls.certificate_file",
        parser: KeyFile,
    };
    TLS_CLIENT_CA_FILE: CertificateFile = Key {
        name: "tls.client_ca_file",
        default: None,
        help: "a file with the authorities of callers' certificates; read again when it changes",
        why: "without it callers are asked for no certificate",
        parser: CertificateFile,
    };
    TLS_ALLOW_PLAINTEXT: Switch = Key {
        name: "tls.allow_plaintext",
        default: Some("false"),
        help: "whether callers beyond loopback may connect in the clear, where a mesh or a proxy encrypts",
        why: "credentials and personal data would cross the network readable",
        parser: Switch,
    };
    AUTH_CALLERS_FILE: CallersFile = Key {
        name: "auth.callers_file",
        default: None,
        help: "the file that names callers, their roles, and how they prove who they are; read again when it changes",
        why: "without it, whoever connects from loopback is a trusted service, and nobody else is known",
        parser: CallersFile,
    };
    AUTH_SESSION_TOKEN_SECRET_FILE: SecretsFile = Key {
        name: "auth.session_token_secret_file",
        default: None,
        help: "a file with the secrets that sign browsers' session tokens, one a line, the first signs; read again when it changes",
        why: "without it no session tokens are issued",
        parser: SecretsFile,
    };
    AUTH_SESSION_TOKEN_TTL: Range = Key {
        name: "auth.session_token_ttl",
        default: Some("15m"),
        help: "how long a session token is good; a browser that stays has it renewed",
        why: "long enough for a page to renew it in time, short enough that a stolen one soon ends",
        parser: Range { min: Duration::from_mins(2), max: Duration::from_hours(1) },
    };
    WEB_ALLOWED_ORIGINS: Origins = Key {
        name: "web.allowed_origins",
        default: None,
        help: "the origins of the pages that may call from a browser, with commas between",
        why: "without it no page of another origin may",
        parser: Origins,
    };
    WEB_COOKIE_SAME_SITE: Choice<SameSite> = Key {
        name: "web.cookie_same_site",
        default: Some("strict"),
        help: "from where a browser sends the session's cookie along; none if the pages are of another site than this service",
        why: "the strictest that can work where both are of one site",
        parser: Choice(&[("strict", SameSite::Strict), ("lax", SameSite::Lax), ("none", SameSite::None)]),
    };
    LIMITS_ADDRESS: RateOrOff = Key {
        name: "limits.address",
        default: Some("6000/m burst 2000"),
        help: "how often one address may ask, whoever is behind it",
        why: "a whole company may share one address; what guesses or floods does more",
        parser: RateOrOff,
    };
    LIMITS_BROWSER: RateOrOff = Key {
        name: "limits.browser",
        default: Some("60/m burst 30"),
        help: "how often the browsers of one session may ask",
        why: "a few tabs that drop and return several times a minute",
        parser: RateOrOff,
    };
    LIMITS_ARCHITECT: RateOrOff = Key {
        name: "limits.architect",
        default: Some("6000/m burst 2000"),
        help: "how often the flows with one set of credentials may ask",
        why: "all conversations of an organisation after an outage, at the rate Genesys runs flows",
        parser: RateOrOff,
    };
    LIMITS_SERVICE: RateOrOff = Key {
        name: "limits.service",
        default: Some("60000/m burst 20000"),
        help: "how often a service with one set of credentials may ask",
        why: "it may speak for every customer there is",
        parser: RateOrOff,
    };
    LIMITS_SESSION: RateOrOff = Key {
        name: "limits.session",
        default: Some("120/m burst 60"),
        help: "how often services and flows may ask about one session",
        why: "many tabs and retries of one customer; a loop that went wrong does more",
        parser: RateOrOff,
    };
    LIMITS_MAX_CONCURRENT_CALLS: WholeNumber = Key {
        name: "limits.max_concurrent_calls",
        default: Some("2000"),
        help: "the most calls under way at once; further ones are told to come back",
        why: "more than Genesys' requests per minute can serve in the longest time a call may take",
        parser: WholeNumber { min: 1, max: 1_000_000 },
    };
    LIMITS_TRUSTED_PROXIES: Networks = Key {
        name: "limits.trusted_proxies",
        default: None,
        help: "the proxies in front of this service, whose X-Forwarded-For tells the client's address",
        why: "without it the address of the connection counts, which nobody can forge",
        parser: Networks,
    };
    GENESYS_PROFILE: Choice<Profile> = Key {
        name: "genesys.profile",
        default: None,
        help: "which contract of Genesys is spoken: the guide's, or that of its public API",
        why: "must be given: a wrong guess would fail every call",
        parser: Choice(&[("guide", Profile::Guide), ("platform", Profile::Platform)]),
    };
    GENESYS_REGION: RegionName = Key {
        name: "genesys.region",
        default: None,
        help: "the region of your organisation, which gives genesys.api_url and genesys.login_url where they are not given",
        why: "only you know your region",
        parser: RegionName,
    };
    GENESYS_API_URL: HttpUrl = Key {
        name: "genesys.api_url",
        default: None,
        help: "the API of your region, such as https://api.mypurecloud.com",
        why: "must be given, or genesys.region: only you know your region",
        parser: HttpUrl,
    };
    GENESYS_LOGIN_URL: HttpUrl = Key {
        name: "genesys.login_url",
        default: None,
        help: "the login host of your region, such as https://login.mypurecloud.com; tokens come from /oauth/token beneath it",
        why: "must be given, or genesys.region: only you know your region",
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
    PLATFORM_THREADING_TIMELINE: Range = Key {
        name: "platform.threading_timeline",
        default: Some("72h"),
        help: "how long after its end a message still reopens a conversation, as your organisation has it set",
        why: "what Genesys Cloud has where nothing is set; `session-resumption check` compares it",
        parser: Range { min: Duration::ZERO, max: Duration::from_hours(72) },
    };
    PLATFORM_METADATA: Choice<MetadataHome> = Key {
        name: "platform.metadata",
        default: Some("participant_attributes"),
        help: "where confirmations write their count and time",
        why: "flows and scripts see these; custom_attributes have versions, and need permissions of their own",
        parser: Choice(&[
            ("participant_attributes", MetadataHome::ParticipantAttributes),
            ("custom_attributes", MetadataHome::CustomAttributes),
        ]),
    };
    PLATFORM_MARKER: Choice<MarkerWay> = Key {
        name: "platform.marker",
        default: Some("by_architect"),
        help: "who writes the marker of a resumed session: the flow, or this service by an agentless message",
        why: "the flow can always do so; agentless needs conversation:message:create",
        parser: Choice(&[("by_architect", MarkerWay::ByArchitect), ("agentless", MarkerWay::Agentless)]),
    };
    PLATFORM_DEPLOYMENT_ID: Text = Key {
        name: "platform.deployment_id",
        default: None,
        help: "the deployment of your web messaging, from which agentless messages are sent",
        why: "only you know it; needed with platform.marker = \"agentless\"",
        parser: Text,
    };
    MIRROR_QUEUES: Ids = Key {
        name: "mirror.queues",
        default: None,
        help: "the ids of the queues whose conversations are followed by a notification channel, so that they need not be read",
        why: "without it, and without mirror.webhook, every session is read",
        parser: Ids { max: 15_000 },
    };
    MIRROR_DEPLOYMENTS: Ids = Key {
        name: "mirror.deployments",
        default: None,
        help: "the ids of the deployments whose undelivered messages are followed, so that answers can name them",
        why: "without it nobody is told which messages a customer has not seen",
        parser: Ids { max: 1_000 },
    };
    MIRROR_WEBHOOK: Switch = Key {
        name: "mirror.webhook",
        default: Some("false"),
        help: "whether Genesys' events may be posted to /events/genesys, and are believed",
        why: "a door that nobody uses stays shut",
        parser: Switch,
    };
    MIRROR_MAX_AGE: Range = Key {
        name: "mirror.max_age",
        default: Some("45s"),
        help: "how long after the last sign of life what was followed is still gone by",
        why: "a channel gives one every 30 s",
        parser: Range { min: Duration::from_secs(1), max: Duration::from_mins(10) },
    };
    POLICY_WINDOWS_DISCONNECTED: WindowRange = Key {
        name: "policy.windows.disconnected",
        default: Some("300s"),
        help: "how long after a disconnect a conversation can be resumed",
        why: "the guide's window; with the platform's contract it is platform.threading_timeline",
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
    TRACING_OTLP_ENDPOINT: CollectorUrl = Key {
        name: "tracing.otlp_endpoint",
        default: None,
        help: "the OpenTelemetry collector that spans are sent to, such as http://collector:4317",
        why: "without it no calls are traced",
        parser: CollectorUrl,
    };
    TRACING_OTLP_PROTOCOL: Choice<OtlpProtocol> = Key {
        name: "tracing.otlp_protocol",
        default: Some("grpc"),
        help: "how the collector is spoken to; by http, /v1/traces is appended to its address",
        why: "what collectors take at port 4317; http is usually at 4318",
        parser: Choice(&[("grpc", OtlpProtocol::Grpc), ("http", OtlpProtocol::Http)]),
    };
    TRACING_SAMPLE_RATIO: Ratio = Key {
        name: "tracing.sample_ratio",
        default: Some("0.01"),
        help: "which part of the calls is traced whose callers trace nothing themselves; for all others, they decide",
        why: "enough to see what is slow, and little to keep",
        parser: Ratio,
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
