//! A simulator with one chat that an agent serves, and a client of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genesys_sim::{
    Control, CreatedPlatform, Fault, FaultScript, NewPlatformConversation, PlatformControl, Route, Sim, SimOptions,
};
use reqwest::Method;
use serde_json::Value;
use session_resumption::clock::SystemClock;
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};
use session_resumption::domain::snapshot::{Reading, Snapshot};
use session_resumption::genesys::{
    MarkerWay, MetadataHome, PlatformConversations, PlatformSettings, ReadMethod, Settings, TokenRefresh,
};
use session_resumption::ports::{
    Budget, Conversations, Entropy, Line, Metadata, Mirror, Post, Settled, Spent, UpstreamError,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::described::assert_described;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const QUEUE: &str = "10000000-aaaa-4bbb-8ccc-000000000001";
pub(crate) const OTHER_QUEUE: &str = "10000000-aaaa-4bbb-8ccc-000000000002";
pub(crate) const AGENT: &str = "20000000-aaaa-4bbb-8ccc-000000000001";
pub(crate) const MARKER: &str = "[System: Session resumed after network interruption]";

/// Has room for everything.
struct Rich;

#[async_trait]
impl Budget for Rich {
    async fn take(&self, _: Instant) -> Result<(), Spent> {
        Ok(())
    }
}

/// Draws nothing but zero, so that nobody waits between tries unless asked to.
struct Zero;

impl Entropy for Zero {
    fn uuid(&self) -> Uuid {
        Uuid::nil()
    }

    fn unit(&self) -> f64 {
        0.0
    }
}

/// See the module.
pub(crate) struct Rig {
    pub(crate) sim: Sim,
    pub(crate) control: Control,
    pub(crate) platform: PlatformControl,
    pub(crate) created: CreatedPlatform,
    pub(crate) id: ConversationId,
    pub(crate) genesys: Arc<PlatformConversations>,
}

/// What a rig is built of.
pub(crate) struct Plan {
    pub(crate) sim: SimOptions,
    pub(crate) timeout: Duration,
    pub(crate) metadata: MetadataHome,
    pub(crate) by_architect: bool,
    pub(crate) mirror: Option<Arc<dyn Mirror>>,
    /// Where the API is, if not in the simulator.
    pub(crate) api_url: Option<String>,
}

impl Default for Plan {
    fn default() -> Self {
        let sim = SimOptions { requests_per_minute: 100_000, attribute_delay: Duration::ZERO, ..SimOptions::default() };
        Self {
            sim,
            timeout: 10 * SECOND,
            metadata: MetadataHome::ParticipantAttributes,
            by_architect: false,
            mirror: None,
            api_url: None,
        }
    }
}

impl Plan {
    pub(crate) async fn build(self) -> Rig {
        let deployment_id = self.sim.deployment_id.clone();
        let threading_timeline = self.sim.threading_timeline;
        let sim = Sim::start(self.sim).await.unwrap();
        let control = sim.control();
        let platform = control.platform();
        let created = platform
            .create(NewPlatformConversation {
                queue_id: Some(QUEUE.to_owned()),
                agent_user_id: Some(AGENT.to_owned()),
                ..NewPlatformConversation::default()
            })
            .unwrap();
        let url: url::Url = sim.url().parse().unwrap();
        let settings = Settings {
            api_url: self.api_url.map_or_else(|| url.clone(), |url| url.parse().unwrap()),
            login_url: url,
            client_id: "sim-client".to_owned(),
            client_secret: "sim-secret".into(),
            timeout: self.timeout,
            read_method: ReadMethod::Post,
            token_refresh: TokenRefresh::Cached,
        };
        let marker = if self.by_architect { MarkerWay::ByArchitect } else { MarkerWay::Agentless { deployment_id } };
        let covered_queues = [QUEUE.to_owned()].into();
        let platform_settings =
            PlatformSettings { threading_timeline, metadata: self.metadata, marker, covered_queues };
        let clock = Arc::new(SystemClock::start());
        let genesys =
            PlatformConversations::new(settings, platform_settings, self.mirror, Arc::new(Rich), clock, Arc::new(Zero));
        let id = ConversationId::parse(&created.conversation_id).unwrap();
        Rig { sim, control, platform, created, id, genesys: Arc::new(genesys.unwrap()) }
    }
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Plan::default().build().await
    }

    pub(crate) async fn read(&self) -> Result<Reading, UpstreamError> {
        self.genesys.read(&self.id, soon()).await
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.read().await.unwrap().found.unwrap()
    }

    pub(crate) async fn read_with_metadata(&self) -> Snapshot {
        self.genesys.read_with_metadata(&self.id, soon()).await.unwrap().found.unwrap()
    }

    pub(crate) async fn write(&self, count: u32) -> Result<Settled, UpstreamError> {
        let participant = ParticipantId::parse(&self.created.customer_id).unwrap();
        let pair = Pair { conversation: self.id.clone(), participant };
        self.genesys.write_metadata(&pair, &metadata(count), soon()).await
    }

    pub(crate) fn marker(&self) -> Post {
        Post {
            author_id: "system".to_owned(),
            kind: "system",
            text: MARKER.to_owned(),
            to: vec![],
            contact_id: Some(self.created.external_contact_id.clone()),
        }
    }

    pub(crate) async fn post(&self, post: &Post) -> Result<String, UpstreamError> {
        self.genesys.post(&self.id, post, soon()).await
    }

    pub(crate) async fn transcript(&self) -> Option<Vec<Line>> {
        self.genesys.transcript(&self.id, soon()).await.unwrap()
    }

    pub(crate) fn fault(&self, route: Route, times: u32, fault: Fault) {
        self.control.script_fault(FaultScript { route, times, skip: 0, fault }).unwrap();
    }

    pub(crate) fn count(&self, route: Route) -> usize {
        self.control.calls(route).len()
    }

    /// Another client's call, which nobody checks.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let http = reqwest::Client::new();
        let form = [("grant_type", "client_credentials")];
        let token = http.post(self.sim.url() + "/oauth/token").basic_auth("sim-client", Some("sim-secret")).form(&form);
        let token: Value = token.send().await.unwrap().json().await.unwrap();
        let url = format!("{}/api/v2/conversations/{path}", self.sim.url());
        let request = http.request(method, url).bearer_auth(token["access_token"].as_str().unwrap());
        let answer = if body.is_null() { request } else { request.json(body) }.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// The end of a test: every request of it was as the platform describes it.
    #[track_caller]
    pub(crate) fn assert_described(&self) {
        assert_described(&self.control.ledger());
    }
}

pub(crate) fn metadata(count: u32) -> Metadata {
    Metadata { count, time: "2026-05-15T14:35:22Z".parse().unwrap() }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + 20 * SECOND
}

pub(crate) fn status(code: u16) -> Fault {
    Fault::Status { code, retry_after_s: None, after_effect: false }
}

pub(crate) fn body(status: u16, body: &str) -> Fault {
    Fault::Body { status, content_type: "application/json".to_owned(), body: body.to_owned() }
}
