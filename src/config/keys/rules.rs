//! Keys of what may be resumed, where state is kept, and what is traced.

use std::time::Duration;

use crate::config::key::{Describe, Key};
use crate::config::parse::{CertificateFile, Choice, CollectorUrl, Range, Ratio, StoreAddress, WindowRange};
use crate::config::sections::{MarkerAuthor, OtlpProtocol};

/// Longer than any threading timeline of Genesys Cloud, after which a conversation cannot come back.
const WINDOW: WindowRange = WindowRange { max: Duration::from_hours(72) };

keys! {
    RULES;
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
