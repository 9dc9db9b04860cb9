//! What the targets share: time that stands, callers, and a service without anything behind it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use session_resumption::audit::TracingAudit;
use session_resumption::auth::{self, Authenticator, SessionTokens, Times};
use session_resumption::budget::{self, GcraBudget};
use session_resumption::callers::Callers;
use session_resumption::degraded::DegradedMode;
use session_resumption::domain::mirror::MaxAge;
use session_resumption::domain::policy::{Policy, UnknownStatus, Windows};
use session_resumption::entropy::OsEntropy;
use session_resumption::genesys::platform::events::read;
use session_resumption::genesys::{self, GuideConversations, ReadMethod, TokenRefresh};
use session_resumption::layers::trace::{Sampling, Tracing};
use session_resumption::peer::Peer;
use session_resumption::ports::Clock;
use session_resumption::server::access::Access;
use session_resumption::server::grpc::Server;
use session_resumption::server::health::Health;
use session_resumption::server::limits::{Limits, Rates};
use session_resumption::server::session_cookie::Cookies;
use session_resumption::server::stack;
use session_resumption::service::events::Events;
use session_resumption::service::sessions::{SessionRules, Sessions};
use session_resumption::service::{Context, MarkerAuthor, Ports, Resumption, Rules};
use session_resumption::store::memory::MemoryStore;

/// A caller for each standing role. The keys' hashes are of no key.
pub const CALLERS: &str = r#"
[[api_key]]
name = "backend"
role = "service"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[[certificate]]
name = "billing"
role = "architect"
san = "billing.example"
"#;

/// Time that stands.
#[derive(Debug)]
pub struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime needs nothing but memory")
});

/// Runs a future on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

/// The whole serving port over memory, with a Genesys that nobody can reach.
pub fn door() -> axum::Router {
    block_on(async {
        let clock: Arc<dyn Clock> = Arc::new(Standing);
        let degraded = Arc::new(DegradedMode::new());
        let per_minute = NonZeroU32::MIN.saturating_add(9);
        let budget = GcraBudget::new(budget::Limits { per_minute, while_degraded: per_minute }, degraded.watch());
        let nowhere: url::Url = "http://127.0.0.1:9".parse().expect("a URL");
        let settings = genesys::Settings {
            api_url: nowhere.clone(),
            login_url: nowhere,
            client_id: "client".into(),
            client_secret: "secret".to_owned().into(),
            timeout: Duration::from_millis(50),
            read_method: ReadMethod::Post,
            token_refresh: TokenRefresh::Cached,
        };
        let genesys = GuideConversations::new(settings, Arc::new(budget), Arc::clone(&clock), Arc::new(OsEntropy));
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock), 1_000));
        let ports = Ports {
            conversations: Arc::new(genesys.expect("it needs nothing")),
            handshakes: Arc::clone(&store) as _,
            mirror: Some(Arc::clone(&store) as _),
            registry: Arc::clone(&store) as _,
            store_watch: degraded,
            audit: Arc::new(TracingAudit),
            clock: Arc::clone(&clock),
            entropy: Arc::new(OsEntropy),
        };
        let rules = Rules {
            policy: Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting },
            replay_ttl: Duration::from_mins(1),
            call_timeout: Duration::from_millis(50),
            context: Context::Guide(MarkerAuthor::Customer),
            threading_timeline: Duration::from_hours(72),
            mirror_max_age: MaxAge::both(Duration::from_secs(45)),
        };
        let settings = auth::Settings { lapsed_for: Duration::from_mins(5), published_keys: Times::default() };
        let ours = || SessionTokens::new(&[b"a-secret-of-our-own-that-is-long-enough"]);
        let authenticator = Authenticator::new(Callers::default(), ours(), settings, Arc::clone(&clock));
        let authenticator = Arc::new(authenticator.expect("it needs nothing"));
        let session_rules = SessionRules { token_ttl: Duration::from_mins(15), shown_late: Duration::from_mins(5) };
        let sessions = Sessions::new(ports.clone(), Some(Arc::clone(&authenticator) as _), session_rules);
        let (_, health) = Health::new().await;
        let limits = Limits::new(Rates::default());
        let events = Events::new(ports.clone(), store, read);
        let server = Server::new(Resumption::new(ports, rules), sessions.clone(), limits.clone());
        let cookies = Cookies { sessions: sessions.clone(), same_site: "Strict", kept_for: Duration::from_mins(20) };
        let doors = stack::Rules {
            access: Access::new(authenticator, sessions, Arc::new([]), true),
            limits,
            trusted_proxies: Vec::new(),
            allowed_origins: Arc::new([]),
            tracing: Tracing { sampling: Sampling::Off, address: "127.0.0.1".into() },
            max_call_time: Duration::from_millis(20),
            max_concurrent_calls: 1_000,
        };
        stack::router(server, cookies, Some(events), health, doors).expect("the descriptors are whole")
    })
}

/// A program on this host.
pub fn peer() -> Peer {
    Peer::new(SocketAddr::from(([127, 0, 0, 1], 1)))
}
