//! The one place that names every concrete type: configuration in, a running service out.

mod check;
mod doors;
mod genesys;
mod mirror;
mod store;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::audit::TracingAudit;
use crate::auth::Authenticator;
use crate::auth::reload::{self, Files};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::degraded::DegradedMode;
use crate::entropy::OsEntropy;
use crate::listener;
use crate::ports::{Clock, Entropy};
use crate::server::admin::{self, Debug};
use crate::server::grpc::Server;
use crate::server::health::{Component, Condition, Health};
use crate::server::stack;
use crate::service::sessions::Sessions;
use crate::service::{Ports, Resumption};
use crate::telemetry::{self, logs::Levels};
use genesys::Genesys;
use mirror::Follower;
use store::Store;

pub use check::check;

/// Waits between attempts to sign in at start: login limits how often it is asked.
const SIGN_IN_AGAIN: Duration = Duration::from_secs(5);
/// How often files that may change are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The service, bound to its ports and not yet serving.
pub struct App {
    listener: TcpListener,
    follower: Option<Follower>,
    admin_listener: TcpListener,
    addr: SocketAddr,
    admin_addr: SocketAddr,
    router: axum::Router,
    listening: listener::Settings,
    entropy: Arc<dyn Entropy>,
    authenticator: Arc<Authenticator>,
    caller_files: Files,
    look_now: Arc<Notify>,
    debug: Debug,
    health: Health,
    metrics: PrometheusHandle,
    store: Store,
    degraded: Arc<DegradedMode>,
    genesys: Genesys,
    resumption: Resumption,
    drain_timeout: Duration,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("addr", &self.addr).field("admin_addr", &self.admin_addr).finish_non_exhaustive()
    }
}

impl App {
    /// Builds every component and binds the ports, so that whatever can fail at start fails here.
    pub async fn bind(config: Config, metrics: PrometheusHandle) -> anyhow::Result<Self> {
        let rendered: Arc<str> = config.render().into();
        let rules = genesys::rules(&config);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let degraded = Arc::new(DegradedMode::new());
        let store = Store::new(&config.store, &clock)?;
        let mirror = config.mirror.is_on().then(|| store.mirror());
        let genesys = Genesys::new(&config, mirror.clone(), &degraded, Arc::clone(&clock), Arc::clone(&entropy))?;
        let follower = Follower::new(&config.mirror, genesys.link(), mirror.clone(), Arc::clone(&entropy));
        let Config { server, tls, auth, web, limits, mirror: follows, tracing, .. } = config;
        let listener = listen(server.listen, "server.listen")?;
        let admin_listener = listen(server.admin_listen, "server.admin_listen")?;
        let (addr, admin_addr) = (listener.local_addr()?, admin_listener.local_addr()?);
        let listening = doors::listening(&server, tls, Arc::clone(&clock))?;
        let (authenticator, caller_files) = doors::callers(&auth, Arc::clone(&clock))?;
        // A server that does not answer yet may come; one that is unfit stays so.
        store.answers(&degraded).await?;
        let ports = Ports {
            conversations: genesys.port(),
            handshakes: store.port(),
            mirror,
            registry: store.registry(),
            store_watch: Arc::clone(&degraded) as _,
            audit: Arc::new(TracingAudit),
            clock,
            entropy: Arc::clone(&entropy),
        };
        let (health, health_server) = Health::new().await;
        let signer = Arc::clone(&authenticator) as _;
        let sessions = Sessions::new(ports.clone(), Some(signer), doors::session_rules(&auth));
        let events = mirror::events(&follows, &ports);
        let resumption = Resumption::new(ports, rules);
        let doors = doors::rules(
            Arc::clone(&authenticator),
            sessions.clone(),
            &auth,
            &web,
            limits,
            server.max_call_time,
            doors::tracing(&tracing, addr),
        )?;
        let debug = Debug { access: doors.access.clone(), config: rendered, levels: None };
        let cookies = doors::cookies(sessions.clone(), &auth, &web);
        let calls = Server::new(resumption.clone(), sessions, doors.limits.clone());
        let router = stack::router(calls, cookies, events, health_server, doors)?;
        let drain_timeout = server.drain_timeout;
        Ok(Self {
            listener,
            follower,
            admin_listener,
            addr,
            admin_addr,
            router,
            listening,
            entropy,
            authenticator,
            caller_files,
            look_now: Arc::default(),
            debug,
            health,
            metrics,
            store,
            degraded,
            genesys,
            resumption,
            drain_timeout,
        })
    }

    /// Lets operators change these levels.
    #[must_use]
    pub fn with_levels(mut self, levels: Levels) -> Self {
        self.debug.levels = Some(levels);
        self
    }

    /// Has the files that name callers looked at when it is notified, and not only every few seconds.
    pub fn look_now(&self) -> Arc<Notify> {
        Arc::clone(&self.look_now)
    }

    /// Where callers reach it.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where the platform reaches it.
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// Its component map.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Serves until `stop` resolves; then turns unready, lets calls in flight finish for as long as the drain may take, and ends.
    pub async fn run(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let closing = CancellationToken::new();
        let serving = listener::serve(self.listener, self.router, self.listening, self.entropy, closing.clone());
        let mut serving = tokio::spawn(serving);
        // Until the very end: whoever drains is alive, not ready, and worth watching.
        let admin = admin::router(self.health.clone(), self.metrics.clone(), self.debug);
        let admin = admin.into_make_service_with_connect_info::<SocketAddr>();
        let admin = tokio::spawn(axum::serve(self.admin_listener, admin).into_future());
        let watching = tokio::spawn(reload::keep(self.authenticator, self.caller_files, LOOK_AGAIN, self.look_now));
        let folding = tokio::spawn(telemetry::fold_metrics(self.metrics));
        let signing_in = tokio::spawn(sign_in(self.genesys, self.health.clone()));
        let following = self.follower.map(|follower| tokio::spawn(follower.run(closing.clone())));
        let mut keeping = tokio::spawn(self.store.keep(self.degraded, self.health.clone()));
        self.health.set(Component::Server, Condition::Ready).await;

        let ended = tokio::select! {
            () = stop => None,
            ended = &mut serving => Some(ended),
            Ok(Err(unfit)) = &mut keeping => return Err(unfit),
        };
        signing_in.abort();
        keeping.abort();
        self.health.set(Component::Server, Condition::NotReady).await;
        if let Some(ended) = ended {
            return ended.context("the server task failed");
        }
        tracing::info!("draining");
        closing.cancel();
        self.health.end_watches().await;
        let until = Instant::now() + self.drain_timeout;
        let drained = tokio::time::timeout_at(until, &mut serving).await;
        if drained.is_err() {
            serving.abort();
            tracing::warn!("connections were still open when the drain timeout ended");
        }
        if tokio::time::timeout_at(until, self.resumption.finished()).await.is_err() {
            tracing::warn!("work was still under way when the drain timeout ended");
        }
        if let Some(following) = following {
            // What it was told last is of no use to anybody: it is another's turn.
            following.abort();
        }
        admin.abort();
        watching.abort();
        folding.abort();
        if let Ok(ended) = drained {
            ended.context("the server task failed")?;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

fn listen(addr: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    listener::bind(addr).with_context(|| format!("{key}: {addr} cannot be listened on"))
}

/// Proves the credentials once; until then the service is not ready, because it could answer nobody.
async fn sign_in(genesys: Genesys, health: Health) {
    while let Err(error) = genesys.sign_in().await {
        tracing::warn!(%error, again_in = ?SIGN_IN_AGAIN, "cannot sign in to genesys; not ready");
        tokio::time::sleep(SIGN_IN_AGAIN).await;
    }
    tracing::info!("signed in to genesys");
    health.set(Component::Genesys, Condition::Ready).await;
}
