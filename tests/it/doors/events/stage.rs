//! The serving port with a mirror behind it, at a time that stands, and whatever is posted to it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use session_resumption::audit::TracingAudit;
use session_resumption::auth::{self, Authenticator, Times};
use session_resumption::budget::{self, GcraBudget};
use session_resumption::callers::Callers;
use session_resumption::degraded::DegradedMode;
use session_resumption::domain::ids::ConversationId;
use session_resumption::domain::mirror::entry::Entry;
use session_resumption::domain::mirror::{Feed, MaxAge, News, Recalled};
use session_resumption::domain::policy::{Policy, UnknownStatus, Windows};
use session_resumption::entropy::OsEntropy;
use session_resumption::genesys::platform::events::read;
use session_resumption::genesys::{GuideConversations, ReadMethod, Settings, TokenRefresh};
use session_resumption::layers::rate_limit::Rate;
use session_resumption::layers::trace::{Sampling, Tracing};
use session_resumption::peer::Peer;
use session_resumption::ports::{Clock, Mirror, Outage, StoreError};
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
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::doors::callers::{KEYS, write};

pub(super) const CONVERSATION: &str = "2f7bf00a-0fc2-4d6a-9b56-92238191433e";
/// When the samples' chat ended, in milliseconds; the service's time is a minute later.
pub(super) const ENDED: i64 = 1_649_237_504_949;

/// Time that stands.
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The store's mirror, which can be looked into, and be out of reach.
pub(super) struct Glass {
    store: Arc<MemoryStore>,
    known: Mutex<BTreeMap<String, Entry>>,
    outage: Mutex<Option<Outage>>,
}

impl Glass {
    fn before(store: Arc<MemoryStore>) -> Self {
        Self { store, known: Mutex::default(), outage: Mutex::default() }
    }

    /// All that was told, joined as the store does it.
    pub(super) fn seen(&self) -> BTreeMap<String, Entry> {
        self.known.lock().unwrap().clone()
    }

    /// What the store tells of the chat.
    pub(super) async fn recalled(&self) -> Recalled {
        let id = ConversationId::parse(CONVERSATION).unwrap();
        self.recall(&id, MaxAge::both(Duration::from_mins(5))).await.unwrap()
    }

    /// Looks at nothing that was told before.
    pub(super) fn wipe(&self) {
        self.known.lock().unwrap().clear();
    }

    pub(super) fn fail(&self, outage: Option<Outage>) {
        *self.outage.lock().unwrap() = outage;
    }
}

#[async_trait::async_trait]
impl Mirror for Glass {
    async fn tell(&self, id: &ConversationId, news: &News) -> Result<(), StoreError> {
        if let Some(outage) = *self.outage.lock().unwrap() {
            return Err(outage.into());
        }
        self.known.lock().unwrap().entry(id.to_string()).or_default().take(news, now());
        self.store.tell(id, news).await
    }

    async fn recall(&self, id: &ConversationId, max_age: MaxAge) -> Result<Recalled, StoreError> {
        self.store.recall(id, max_age).await
    }

    async fn begin_feed(&self, _: Uuid, _: Duration) -> Result<Option<Feed>, StoreError> {
        unreachable!("whoever pushes has no feed")
    }

    async fn heard(&self, _: Uuid, _: Feed, _: Duration) -> Result<bool, StoreError> {
        unreachable!("whoever pushes has no feed")
    }

    async fn feed(&self) -> Result<Option<Feed>, StoreError> {
        unreachable!("whoever pushes has no feed")
    }
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_millisecond(ENDED + 60_000).unwrap()
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    /// As it was sent.
    pub(super) text: String,
}

impl Told {
    /// How many were accepted, ignored and stale.
    pub(super) fn counts(&self) -> [u64; 3] {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        ["accepted", "ignored", "stale"].map(|name| self.body[name].as_u64().unwrap())
    }

    /// The fields that are told to be wrong.
    pub(super) fn fields(&self) -> Vec<&str> {
        assert_eq!(
            (self.status, &self.body["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_argument")),
            "{self:?}"
        );
        let details = self.body["details"].as_array().unwrap().iter();
        let violations = details.filter_map(|detail| detail["debug"]["fieldViolations"].as_array()).flatten();
        violations.map(|violation| violation["field"].as_str().unwrap()).collect()
    }
}

/// The serving port, behind all its layers.
pub(super) struct Stage {
    router: axum::Router,
    pub(super) mirror: Arc<Glass>,
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::with(Rates::default(), true).await
    }

    /// What pushes, and any service, may ask so often by the minute.
    pub(super) async fn limited(per_minute: u32) -> Self {
        let burst = NonZeroU32::new(per_minute).unwrap();
        Self::with(Rates { service: Some(Rate { per_minute: burst, burst }), ..Rates::default() }, true).await
    }

    /// A service whose operator wants no events.
    pub(super) async fn without_events() -> Self {
        Self::with(Rates::default(), false).await
    }

    async fn with(rates: Rates, takes_events: bool) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(Standing(now()));
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock), 1_000));
        let mirror = Arc::new(Glass::before(Arc::clone(&store)));
        let ports = ports(&clock, store);
        let dir = tempfile::tempdir().unwrap();
        let callers = Callers::load(&write(&dir, &KEYS)).unwrap();
        let settings = auth::Settings { lapsed_for: Duration::from_mins(5), published_keys: Times::default() };
        let authenticator = Arc::new(Authenticator::new(callers, None, settings, Arc::clone(&clock)).unwrap());
        let session_rules = SessionRules { token_ttl: Duration::from_mins(15), shown_late: Duration::from_mins(5) };
        let sessions = Sessions::new(ports.clone(), None, session_rules);
        let rules = Rules {
            policy: Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting },
            replay_ttl: Duration::from_mins(1),
            call_timeout: Duration::from_secs(1),
            context: Context::Guide(MarkerAuthor::Customer),
            threading_timeline: Duration::ZERO,
            mirror_max_age: MaxAge::both(Duration::ZERO),
        };
        let limits = Limits::new(rates);
        let events = takes_events.then(|| Events::new(ports.clone(), Arc::clone(&mirror) as _, read));
        let server = Server::new(Resumption::new(ports, rules), sessions.clone(), limits.clone());
        let cookies = Cookies { sessions: sessions.clone(), same_site: "Strict", kept_for: Duration::from_mins(20) };
        let (_, health) = Health::new().await;
        let doors = stack::Rules {
            access: Access::new(authenticator, sessions, Arc::new([]), false),
            limits,
            trusted_proxies: Vec::new(),
            allowed_origins: Arc::new([]),
            tracing: Tracing { sampling: Sampling::Off, address: "127.0.0.1".into() },
            max_call_time: Duration::from_secs(30),
            max_concurrent_calls: 1_000,
        };
        Self { router: stack::router(server, cookies, events, health, doors).unwrap(), mirror }
    }

    /// Sends a request as it is, from this host.
    pub(super) async fn send(&self, mut request: Request<Body>) -> Told {
        request.extensions_mut().insert(Peer::new(SocketAddr::from(([127, 0, 0, 1], 1))));
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Told { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// Posts bytes with the key of what pushes.
    pub(super) async fn post(&self, body: impl Into<Body>) -> Told {
        self.send(request().body(body.into()).unwrap()).await
    }

    pub(super) async fn push(&self, event: &Value) -> Told {
        self.post(event.to_string()).await
    }
}

pub(super) fn request() -> http::request::Builder {
    let post = Request::post("/events/genesys").header("content-type", "application/json; charset=utf-8");
    post.header("x-api-key", KEYS[3].1)
}

/// Ports of which none is needed for events but the clock.
fn ports(clock: &Arc<dyn Clock>, store: Arc<MemoryStore>) -> Ports {
    let degraded = Arc::new(DegradedMode::new());
    let limits = budget::Limits { per_minute: NonZeroU32::MIN, while_degraded: NonZeroU32::MIN };
    let budget = Arc::new(GcraBudget::new(limits, degraded.watch()));
    let nowhere: url::Url = "http://127.0.0.1:9".parse().unwrap();
    let settings = Settings {
        api_url: nowhere.clone(),
        login_url: nowhere,
        client_id: "client".into(),
        client_secret: "secret".to_owned().into(),
        timeout: Duration::from_millis(50),
        read_method: ReadMethod::Post,
        token_refresh: TokenRefresh::Cached,
    };
    let genesys = GuideConversations::new(settings, budget, Arc::clone(clock), Arc::new(OsEntropy)).unwrap();
    Ports {
        conversations: Arc::new(genesys),
        handshakes: Arc::clone(&store) as _,
        registry: store,
        mirror: None,
        store_watch: degraded,
        audit: Arc::new(TracingAudit),
        clock: Arc::clone(clock),
        entropy: Arc::new(OsEntropy),
    }
}

/// The end of a web chat, in EventBridge's envelope: the platform's sample of another medium, as it would be of ours.
pub(super) fn sample() -> Value {
    let text = include_str!("../../../genesys/samples/eventbridge__conversation-end-event.json");
    let mut sample: Value = serde_json::from_str(text).unwrap();
    let body = &mut sample["detail"]["eventBody"];
    body["mediaType"] = json!("MESSAGE");
    body["messageType"] = json!("WEBMESSAGING");
    body["disconnectType"] = json!("SESSION_EXPIRED");
    sample
}

/// An event of the chat without an envelope, so long after its end.
pub(super) fn event(kind: &str, participant: &str, after_ms: i64) -> Value {
    json!({
        "id": format!("{kind}-{participant}-{after_ms}"),
        "topicName": format!("v2.detail.events.conversation.{{id}}.{kind}"),
        "eventBody": {
            "eventTime": ENDED + after_ms, "conversationId": CONVERSATION, "participantId": participant,
            "mediaType": "MESSAGE", "messageType": "WEBMESSAGING",
        },
    })
}
