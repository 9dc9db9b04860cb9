//! Keys of the doors: who may come in, how, and how often.

use std::time::Duration;

use crate::config::key::{Describe, Key};
use crate::config::parse::{
    Address, CallersFile, CertificateFile, Choice, KeyFile, Networks, Origins, Range, RateOrOff, SecretsFile, Switch,
    WholeNumber, WindowRange,
};
use crate::config::sections::SameSite;

keys! {
    DOORS;
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
}
