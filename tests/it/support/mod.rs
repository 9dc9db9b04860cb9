//! One simulated Genesys Cloud per test, and a running service: as many replicas as the [`topology`](crate::topology) of the
//! test program has, on free loopback ports.

mod calls;
mod captured;
mod chat;
mod refusal;
mod spread;
pub(crate) mod wire;

pub(crate) use captured::Captured;
pub(crate) use chat::{Chat, MARKER};
pub(crate) use refusal::Refusal;
pub(crate) use spread::Spread;

use std::sync::OnceLock;
use std::time::Duration;

use genesys_sim::{Control, Sim, SimOptions};
use metrics_exporter_prometheus::PrometheusHandle;
use session_resumption::app::App;
use session_resumption::config::Config;
use session_resumption::pb::session_registry_client::SessionRegistryClient;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;
use session_resumption::server::health::Health;
use session_resumption::telemetry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::topology::{REPLICAS, Winding, store_url};

/// A client whose calls go to every replica in turn.
pub(crate) type Client = SessionResumptionClient<Spread>;

/// What is said of one service here is the first replica's.
pub(crate) struct Harness {
    pub(crate) control: Control,
    pub(crate) client: Client,
    pub(crate) registry: SessionRegistryClient<Spread>,
    pub(crate) channel: Channel,
    pub(crate) address: String,
    pub(crate) admin: String,
    pub(crate) health: Health,
    /// Stops all of them.
    pub(crate) stop: CancellationToken,
    pub(crate) service: JoinHandle<anyhow::Result<()>>,
    pub(crate) sim: Sim,
    pub(crate) winding: Winding,
    others: Vec<Replica>,
}

/// One running service.
pub(crate) struct Replica {
    pub(crate) address: String,
    pub(crate) admin: String,
    pub(crate) health: Health,
    pub(crate) service: JoinHandle<anyhow::Result<()>>,
}

impl Harness {
    /// A service with default settings, ready.
    pub(crate) async fn start() -> Self {
        Self::with(SimOptions::default(), &[]).await
    }

    /// A service with some settings of its own (`"genesys.timeout"`, `"500ms"`), ready.
    pub(crate) async fn with(options: SimOptions, settings: &[(&str, &str)]) -> Self {
        let harness = Self::unready(options, settings).await;
        harness.health.ready().await;
        for other in &harness.others {
            other.health.ready().await;
        }
        harness
    }

    /// The same, not waiting for readiness.
    pub(crate) async fn unready(options: SimOptions, settings: &[(&str, &str)]) -> Self {
        let (id, secret) = (options.client_id.clone(), options.client_secret.clone());
        let sim = Sim::start(options).await.unwrap();
        let (url, store) = (sim.url(), store_url());
        let defaults = [
            ("server.listen", "127.0.0.1:0"),
            ("server.admin_listen", "127.0.0.1:0"),
            ("genesys.profile", "guide"),
            ("genesys.api_url", &url),
            ("genesys.login_url", &url),
            ("genesys.client_id", &id),
            ("genesys.client_secret", &secret),
            ("store.url", &store),
            // Most cases ask about one session far more often than any customer does.
            ("limits.session", "off"),
            ("limits.address", "off"),
        ];
        let environment = defaults.iter().chain(settings).map(|(key, value)| {
            let name = key.to_uppercase().replace('.', "__");
            (format!("SESSION_RESUMPTION__{name}"), (*value).to_owned())
        });
        let config = Config::load(None, environment).unwrap();
        let stop = CancellationToken::new();
        let mut replicas = Vec::new();
        for _ in 0..REPLICAS {
            let app = App::bind(config.clone(), metrics()).await.unwrap();
            let (address, admin) = (format!("http://{}", app.addr()), format!("http://{}", app.admin_addr()));
            let health = app.health().clone();
            let service = tokio::spawn(app.run(stop.clone().cancelled_owned()));
            replicas.push(Replica { address, admin, health, service });
        }
        Self::of(sim, stop, replicas, Winding::default()).await
    }

    /// What asks replicas that run already.
    pub(crate) async fn of(sim: Sim, stop: CancellationToken, mut replicas: Vec<Replica>, winding: Winding) -> Self {
        let mut channels = Vec::new();
        for replica in &replicas {
            channels.push(Endpoint::from_shared(replica.address.clone()).unwrap().connect().await.unwrap());
        }
        let channel = channels[0].clone();
        let spread = Spread::over(channels);
        let client = SessionResumptionClient::new(spread.clone());
        let registry = SessionRegistryClient::new(spread);
        let control = sim.control();
        let Replica { address, admin, health, service } = replicas.remove(0);
        let others = replicas;
        Self { control, client, registry, channel, address, admin, health, stop, service, sim, winding, others }
    }

    /// Stops the service and says how it ended; the simulator ends with it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Self { stop, service, sim, client, registry, channel, others, .. } = self;
        drop((client, registry, channel));
        stop.cancel();
        let mut ended = service.await.unwrap();
        for other in others {
            ended = ended.and(other.service.await.unwrap());
        }
        sim.stop().await;
        ended
    }

    /// Lets time pass in the simulator, and in a store that goes by its clock.
    pub(crate) fn advance(&self, by: Duration) {
        self.control.advance(by);
        self.winding.advance(by);
    }

    /// The value of a metric whose line begins so; zero while it was never counted. Tests of one binary share the process's
    /// metrics, so compare before and after.
    #[expect(clippy::unused_self, reason = "asked of a harness, so that there is one")]
    pub(crate) fn metric(&self, line: &str) -> f64 {
        let rendered = metrics().render();
        let found = rendered.lines().filter(|found| found.starts_with(line));
        found.filter_map(|found| found.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// The process's metrics, installed once.
pub(crate) fn metrics() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| telemetry::install_metrics().unwrap()).clone()
}
