//! One replica of the service: a real process that can be killed, frozen and asked how it is.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tonic::transport::{Channel, Endpoint};

use crate::process::{Running, program};

pub(crate) type Client = SessionResumptionClient<Channel>;

/// Longer than a start takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long one call to Genesys may take. Leases are made of it: 4 s for a lead or a hold, 2 s for a count.
const CALL_TIMEOUT: &str = "1s";

/// Starting is what costs a machine the most: a few at a time are ready sooner than all at once.
static STARTING: Semaphore = Semaphore::const_new(4);

pub(crate) struct Replica {
    process: Running,
    admin: String,
    client: Client,
}

impl Replica {
    /// A replica with this store, this Genesys and some settings of its own (`"genesys.token_refresh"`, `"per_request"`), ready.
    pub(crate) async fn start(store: &str, genesys: SocketAddr, settings: &[(&str, &str)]) -> Self {
        let genesys = format!("http://{genesys}");
        let defaults = [
            ("server.listen", "127.0.0.1:0"),
            ("server.admin_listen", "127.0.0.1:0"),
            ("genesys.profile", "guide"),
            ("genesys.api_url", &genesys),
            ("genesys.login_url", &genesys),
            ("genesys.client_id", "sim-client"),
            ("genesys.client_secret", "sim-secret"),
            ("genesys.budget_per_minute", "100000"),
            ("genesys.timeout", CALL_TIMEOUT),
            ("store.url", store),
        ];
        let mut command = program(&["serve"]);
        for (key, value) in defaults.iter().chain(settings) {
            command.env(format!("SESSION_RESUMPTION__{}", key.to_uppercase().replace('.', "__")), value);
        }
        let _starting = STARTING.acquire().await.unwrap();
        let mut process = Running::start(command);
        let (listen, admin) = process.until(addresses).await;
        let endpoint = Endpoint::from_shared(format!("http://{listen}")).unwrap();
        let client = Client::new(endpoint.connect_timeout(Duration::from_secs(2)).connect_lazy());
        let replica = Self { process, admin: format!("http://{admin}"), client };
        replica.becomes_ready().await;
        replica
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Sends the process a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Ends it without a chance to say or do anything more. Answers the handshakes whose resumptions it recorded.
    pub(crate) async fn kill(self) -> Vec<String> {
        self.process.signal("KILL");
        let ended = self.process.ended().await;
        assert_eq!(ended.code, None);
        // The last line may be cut off.
        let lines = ended.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let resumptions = lines.filter(|line| line["event"] == "resumption");
        resumptions.filter_map(|line| line["handshake"].as_str().map(str::to_owned)).collect()
    }

    pub(crate) async fn becomes_ready(&self) {
        let becoming = async {
            while self.ask("readyz").await.is_none_or(|(status, _)| status != StatusCode::OK) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let ready = timeout(PATIENCE, becoming).await.is_ok();
        assert!(ready, "it does not become ready\n{}", self.process.stderr());
    }

    /// The value of a metric whose line begins so; zero while it was never counted.
    pub(crate) async fn metric(&self, line: &str) -> u64 {
        let (_, told) = self.ask("metrics").await.unwrap();
        let found = told.lines().filter(|found| found.starts_with(line));
        found.filter_map(|found| found.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// How many calls of this kind to Genesys it gave up, and may have made again: a busy machine may be too slow for them.
    pub(crate) async fn in_vain(&self, operation: &str) -> usize {
        let calls = "session_resumption_upstream_calls_total";
        let line = format!(r#"{calls}{{operation="{operation}",outcome="timeout"}}"#);
        self.metric(&line).await.try_into().unwrap()
    }

    async fn ask(&self, path: &str) -> Option<(StatusCode, String)> {
        let asking = async {
            let answer = reqwest::get(format!("{}/{path}", self.admin)).await.ok()?;
            Some((answer.status(), answer.text().await.ok()?))
        };
        timeout(Duration::from_secs(5), asking).await.ok().flatten()
    }
}

/// Where it listens for callers and for the platform, once it says so.
fn addresses(process: &Running) -> Option<(String, String)> {
    let log = process.stderr();
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find_map(|line| Some((line["listen"].as_str()?.to_owned(), line["admin"].as_str()?.to_owned())))
}
