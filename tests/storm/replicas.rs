//! Several replicas, each a process of its own, and connections to them.

use std::time::Duration;

use genesys_sim::{Sim, SimOptions};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::{Running, program};
use crate::servers::Server;
use crate::session::Client;

/// Connections to each replica: one carries no more than some hundred calls at a time.
const CONNECTIONS: usize = 10;
/// Longer than a replica takes to start, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Replicas {
    processes: Vec<Running>,
    channels: Vec<Channel>,
}

impl Replicas {
    /// So many services of one Genesys and one store, ready, with as many requests as they like and time to wait for two busy
    /// cores.
    pub(crate) async fn start(count: usize, sim: &Sim, options: &SimOptions, redis: &Server) -> Self {
        let (genesys, store) = (sim.url(), redis.url());
        let settings = [
            ("SERVER__LISTEN", "127.0.0.1:0"),
            ("SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
            ("SERVER__MAX_CALL_TIME", "1m"),
            ("GENESYS__PROFILE", "guide"),
            ("GENESYS__API_URL", &genesys),
            ("GENESYS__LOGIN_URL", &genesys),
            // Here all sessions come from one address, and as fast as this host can.
            ("LIMITS__ADDRESS", "off"),
            ("GENESYS__CLIENT_ID", &options.client_id),
            ("GENESYS__CLIENT_SECRET", &options.client_secret),
            ("GENESYS__BUDGET_PER_MINUTE", "100000"),
            ("GENESYS__TIMEOUT", "10s"),
            ("STORE__URL", &store),
        ];
        let (mut processes, mut channels) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let mut command = program(&["serve"]);
            // No line for every call: it would be most of the work.
            command.env("RUST_LOG", "warn,session_resumption::commands=info");
            command.envs(settings.map(|(key, value)| (format!("SESSION_RESUMPTION__{key}"), value)));
            let mut process = Running::start(command);
            let address = process.until(|process| listening(&process.stderr())).await;
            for _ in 0..CONNECTIONS {
                channels.push(Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap());
            }
            ready(channels.last().unwrap().clone()).await;
            processes.push(process);
        }
        Self { processes, channels }
    }

    /// A way to any of them.
    pub(crate) fn any(&self) -> Client {
        Client::new(self.channels[rand::random_range(0..self.channels.len())].clone())
    }

    pub(crate) async fn stop(self) {
        let Self { processes, channels } = self;
        drop(channels);
        for process in processes {
            process.signal("TERM");
            let ended = process.ended().await;
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        }
    }
}

/// Where it listens, once its log says so.
fn listening(log: &str) -> Option<String> {
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find_map(|line| line["listen"].as_str().map(str::to_owned))
}

async fn ready(channel: Channel) {
    let mut client = HealthClient::new(channel);
    let until = Instant::now() + PATIENCE;
    loop {
        let told = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();
        if told.status() == ServingStatus::Serving {
            return;
        }
        assert!(Instant::now() < until, "it does not become ready");
        sleep(Duration::from_millis(20)).await;
    }
}
