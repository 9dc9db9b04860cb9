//! A simulator with one conversation, and a client of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use genesys_sim::{Control, Fault, FaultScript, NewConversation, Route, Sim, SimOptions};
use session_resumption::clock::SystemClock;
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId};
use session_resumption::domain::snapshot::Reading;
use session_resumption::genesys::{GuideConversations, ReadMethod, Settings, TokenRefresh};
use session_resumption::ports::{Budget, Conversations, Entropy, Metadata, Post, Settled, Spent, UpstreamError};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use uuid::Uuid;

use crate::faults::HANG;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Counts what is taken, and stops at a limit.
struct Purse {
    /// Whoever holds this keeps all others waiting for their turn.
    turns: Mutex<()>,
    taken: AtomicU32,
    limit: u32,
}

#[async_trait]
impl Budget for Purse {
    async fn take(&self, _: Instant) -> Result<(), Spent> {
        drop(self.turns.lock().await);
        let taken = self.taken.fetch_add(1, Ordering::SeqCst);
        if taken < self.limit { Ok(()) } else { Err(Spent { retry_after: 7 * SECOND }) }
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

/// A simulator with one conversation, and a client of it.
pub(crate) struct Rig {
    pub(crate) sim: Sim,
    pub(crate) control: Control,
    pub(crate) id: ConversationId,
    pub(crate) customer: String,
    pub(crate) genesys: Arc<GuideConversations>,
    purse: Arc<Purse>,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, |_| {}, u32::MAX).await
    }

    /// One whose calls are given up soon if the fault is that no answer comes; only then, or a slow machine would fail others.
    pub(crate) async fn facing(fault: &Fault) -> Self {
        let timeout = if *fault == HANG { SECOND / 4 } else { 10 * SECOND };
        Self::with(|_| {}, |settings| settings.timeout = timeout, u32::MAX).await
    }

    pub(crate) async fn with(
        sim: impl FnOnce(&mut SimOptions),
        client: impl FnOnce(&mut Settings),
        limit: u32,
    ) -> Self {
        let mut options = SimOptions::default();
        sim(&mut options);
        let sim = Sim::start(options).await.unwrap();
        let control = sim.control();
        let created = control.create_conversation(NewConversation::default()).unwrap();
        let mut settings = settings(sim.addr());
        client(&mut settings);
        let purse = Arc::new(Purse { turns: Mutex::new(()), taken: AtomicU32::new(0), limit });
        let genesys =
            GuideConversations::new(settings, purse.clone(), Arc::new(SystemClock::start()), Arc::new(Zero)).unwrap();
        let id = ConversationId::parse(&created.conversation_id).unwrap();
        Self { sim, control, id, customer: created.customer_id, genesys: Arc::new(genesys), purse }
    }

    pub(crate) async fn read(&self) -> Result<Reading, UpstreamError> {
        self.genesys.read(&self.id, soon()).await
    }

    pub(crate) async fn patch(&self) -> Result<(), UpstreamError> {
        self.patch_settled().await.map(|_| ())
    }

    pub(crate) async fn patch_settled(&self) -> Result<Settled, UpstreamError> {
        let metadata = Metadata { count: 2, time: "2024-05-15T14:35:22Z".parse().unwrap() };
        let participant = ParticipantId::parse(&self.customer).unwrap();
        let pair = Pair { conversation: self.id.clone(), participant };
        self.genesys.write_metadata(&pair, &metadata, soon()).await
    }

    pub(crate) async fn post(&self) -> Result<String, UpstreamError> {
        self.post_by(soon()).await
    }

    pub(crate) async fn post_by(&self, deadline: Instant) -> Result<String, UpstreamError> {
        let post = Post {
            author_id: self.customer.clone(),
            kind: "customer",
            text: "hello".into(),
            to: vec![],
            contact_id: None,
        };
        self.genesys.post(&self.id, &post, deadline).await
    }

    pub(crate) fn fault(&self, route: Route, times: u32, fault: Fault) {
        self.control.script_fault(FaultScript { route, times, skip: 0, fault }).unwrap();
    }

    pub(crate) fn count(&self, route: Route) -> usize {
        self.control.calls(route).len()
    }

    /// Nobody gets a turn until the guard is dropped.
    pub(crate) async fn hold_turns(&self) -> MutexGuard<'_, ()> {
        self.purse.turns.lock().await
    }

    pub(crate) fn taken(&self) -> u32 {
        self.purse.taken.load(Ordering::SeqCst)
    }
}

fn settings(addr: SocketAddr) -> Settings {
    let url: url::Url = format!("http://{addr}").parse().unwrap();
    Settings {
        api_url: url.clone(),
        login_url: url,
        client_id: "sim-client".to_owned(),
        client_secret: "sim-secret".into(),
        timeout: 10 * SECOND,
        read_method: ReadMethod::Post,
        token_refresh: TokenRefresh::Cached,
    }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + 20 * SECOND
}

/// Serves the handler as every path of an API, beside the simulator's login.
pub(crate) async fn stub(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });
    addr
}

pub(crate) async fn rig_with_api(addr: SocketAddr) -> Rig {
    Rig::with(|_| {}, |settings| settings.api_url = format!("http://{addr}").parse().unwrap(), u32::MAX).await
}
