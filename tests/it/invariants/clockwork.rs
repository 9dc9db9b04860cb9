//! A service whose store goes by the simulator's clock, so that a test can let minutes pass for both at once.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use genesys_sim::{Control, Sim, SimOptions};
use jiff::Timestamp;
use session_resumption::audit::TracingAudit;
use session_resumption::auth::{self, Authenticator};
use session_resumption::budget::{self, GcraBudget};
use session_resumption::callers::Callers;
use session_resumption::degraded::DegradedMode;
use session_resumption::domain::mirror::MaxAge;
use session_resumption::domain::policy::{Policy, UnknownStatus, Windows};
use session_resumption::entropy::OsEntropy;
use session_resumption::genesys::{GuideConversations, ReadMethod, Settings, TokenRefresh};
use session_resumption::layers::trace::{Sampling, Tracing};
use session_resumption::listener;
use session_resumption::ports::{Clock, Handshakes, Registry};
use session_resumption::server::access::Access;
use session_resumption::server::grpc::Server;
use session_resumption::server::health::Health;
use session_resumption::server::limits::{Limits, Rates};
use session_resumption::server::session_cookie::Cookies;
use session_resumption::server::stack;
use session_resumption::service::sessions::{SessionRules, Sessions};
use session_resumption::service::{Context, MarkerAuthor, Ports, Resumption, Rules};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::TIMEOUT;
use crate::support::{Harness, Replica};
use crate::topology::{Winding, stores};

/// The simulator's clock, as the service's own.
struct SimClock(Control);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// A running service, put together as `app` does it but for its clock.
pub(super) async fn by_the_sims_clock() -> Harness {
    let options = SimOptions { requests_per_minute: u32::MAX, ..SimOptions::default() };
    let (client_id, client_secret) = (options.client_id.clone(), options.client_secret.clone().into());
    let sim = Sim::start(options).await.unwrap();
    let control = sim.control();
    let url: url::Url = sim.url().parse().unwrap();
    let settings = Settings {
        api_url: url.clone(),
        login_url: url,
        client_id,
        client_secret,
        timeout: TIMEOUT,
        read_method: ReadMethod::Post,
        token_refresh: TokenRefresh::Cached,
    };
    let clock: Arc<dyn Clock> = Arc::new(SimClock(control.clone()));
    let (stop, winding, mut replicas) = (CancellationToken::new(), Winding::default(), Vec::new());
    for store in stores(&clock, &winding) {
        replicas.push(replica(&settings, store, &clock, &stop).await);
    }
    Harness::of(sim, stop, replicas, winding).await
}

async fn replica(
    settings: &Settings,
    store: Arc<impl Handshakes + Registry + 'static>,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Replica {
    let degraded = Arc::new(DegradedMode::new());
    let per_minute = NonZeroU32::new(100_000).unwrap();
    let budget = budget::Limits { per_minute, while_degraded: per_minute };
    let budget = Arc::new(GcraBudget::new(budget, degraded.watch()));
    let genesys = GuideConversations::new(settings.clone(), budget, Arc::clone(clock), Arc::new(OsEntropy)).unwrap();
    let ports = Ports {
        conversations: Arc::new(genesys),
        handshakes: Arc::clone(&store) as _,
        registry: store,
        mirror: None,
        store_watch: degraded,
        audit: Arc::new(TracingAudit),
        clock: Arc::clone(clock),
        entropy: Arc::new(OsEntropy),
    };
    let rules = Rules {
        policy: Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting },
        replay_ttl: Duration::from_mins(1),
        call_timeout: TIMEOUT,
        context: Context::Guide(MarkerAuthor::Customer),
        threading_timeline: Duration::ZERO,
        mirror_max_age: MaxAge::both(Duration::ZERO),
    };
    let (health, health_server) = Health::new().await;
    let session_rules = SessionRules { token_ttl: Duration::from_mins(15), shown_late: Duration::from_mins(5) };
    let sessions = Sessions::new(ports.clone(), None, session_rules);
    let limits = Limits::new(Rates::default());
    let server = Server::new(Resumption::new(ports, rules), sessions.clone(), limits.clone());
    let cookies = Cookies { sessions: sessions.clone(), same_site: "Strict", kept_for: TIMEOUT };
    let settings = auth::Settings { lapsed_for: TIMEOUT, published_keys: auth::Times::default() };
    let nobody = Authenticator::new(Callers::default(), None, settings, Arc::clone(clock)).unwrap();
    let doors = stack::Rules {
        access: Access::new(Arc::new(nobody), sessions, Arc::new([]), true),
        limits,
        trusted_proxies: Vec::new(),
        allowed_origins: Arc::new([]),
        tracing: Tracing { sampling: Sampling::Off, address: "127.0.0.1".into() },
        max_call_time: Duration::from_secs(30),
        max_concurrent_calls: 1_000,
    };
    let router = stack::router(server, cookies, None, health_server, doors).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (serving, closing) = (listener::Settings::default(), stop.clone());
    let service = tokio::spawn(async move {
        listener::serve(listener, router, serving, Arc::new(OsEntropy), closing).await;
        Ok(())
    });
    Replica { address, admin: String::new(), health, service }
}
