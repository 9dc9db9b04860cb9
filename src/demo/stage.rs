//! The stage: a simulated Genesys Cloud and the real service, on free loopback ports of this process.

use anyhow::Context;
use genesys_sim::{Control, Sim, SimOptions};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use super::contract::Contract;
use super::people::TIMELINE;
use crate::app::App;
use crate::config::Config;
use crate::pb::session_resumption_client::SessionResumptionClient;
use crate::telemetry;

pub(super) struct Stage {
    pub(super) contract: Contract,
    pub(super) sim: Sim,
    pub(super) control: Control,
    pub(super) client: SessionResumptionClient<Channel>,
    pub(super) address: String,
    pub(super) admin: String,
    stop: CancellationToken,
    service: JoinHandle<anyhow::Result<()>>,
}

impl Stage {
    /// Starts both and waits until the service is ready.
    pub(super) async fn set(contract: Contract) -> anyhow::Result<Self> {
        let options = SimOptions { threading_timeline: TIMELINE, ..SimOptions::default() };
        let credentials = (options.client_id.clone(), options.client_secret.clone());
        let deployment = options.deployment_id.clone();
        let sim = Sim::start(options).await.context("the simulated genesys cloud did not start")?;
        let app =
            App::bind(config(contract, &sim.url(), credentials, deployment)?, telemetry::install_metrics()?).await?;
        let (address, admin) = (format!("http://{}", app.addr()), format!("http://{}", app.admin_addr()));
        let health = app.health().clone();
        let stop = CancellationToken::new();
        let service = tokio::spawn(app.run(stop.clone().cancelled_owned()));
        health.ready().await;
        let channel = Endpoint::from_shared(address.clone())?.connect().await?;
        let client = SessionResumptionClient::new(channel);
        let control = sim.control();
        Ok(Self { contract, sim, control, client, address, admin, stop, service })
    }

    /// Stops both.
    pub(super) async fn strike(self) {
        drop(self.client);
        self.stop.cancel();
        // How it ended was shown by the calls; there is nobody left to tell.
        let _ = self.service.await;
        self.sim.stop().await;
    }
}

fn config(
    contract: Contract,
    url: &str,
    (client_id, client_secret): (String, String),
    deployment: String,
) -> anyhow::Result<Config> {
    let mut settings = vec![
        ("SERVER__LISTEN", "127.0.0.1:0".to_owned()),
        ("SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ("GENESYS__PROFILE", contract.profile().to_owned()),
        ("GENESYS__API_URL", url.to_owned()),
        ("GENESYS__LOGIN_URL", url.to_owned()),
        ("GENESYS__CLIENT_ID", client_id),
        ("GENESYS__CLIENT_SECRET", client_secret),
    ];
    if contract == Contract::Platform {
        settings.push(("PLATFORM__THREADING_TIMELINE", format!("{}s", TIMELINE.as_secs())));
        settings.push(("PLATFORM__MARKER", "agentless".to_owned()));
        settings.push(("PLATFORM__DEPLOYMENT_ID", deployment));
    }
    let environment = settings.into_iter().map(|(key, value)| (format!("SESSION_RESUMPTION__{key}"), value));
    Ok(Config::load(None, environment)?)
}
