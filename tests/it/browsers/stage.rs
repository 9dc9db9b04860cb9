//! The use cases, and what they stand on here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use session_resumption::degraded::DegradedMode;
use session_resumption::domain::ids::{ConversationId, Pair, ParticipantId, ResumeKey};
use session_resumption::domain::mirror::MaxAge;
use session_resumption::domain::policy::{Policy, UnknownStatus, Windows};
use session_resumption::domain::principal::{Bound, Principal};
use session_resumption::domain::registry::Term;
use session_resumption::domain::snapshot::{Participant, Reading, Role, Snapshot, Status};
use session_resumption::domain::token_line::{Refreshed, Shown};
use session_resumption::entropy::OsEntropy;
use session_resumption::ports::{
    Audit, Clock, Conversations, Event, Line, Metadata, Outage, Post, Record, Registry, SessionTokens, Settled,
    StoreError, UpstreamError,
};
use session_resumption::service::sessions::{SessionRules, Sessions};
use session_resumption::service::{Caller, Context, MarkerAuthor, Ports, Resumption, Rules};
use session_resumption::store::memory::MemoryStore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) const TTL: Duration = Duration::from_mins(15);
pub(super) const SHOWN_LATE: Duration = Duration::from_mins(5);

pub(super) struct Stage {
    pub(super) resumption: Resumption,
    pub(super) sessions: Sessions,
    pub(super) time: Arc<Time>,
    pub(super) genesys: Arc<Genesys>,
    pub(super) registry: Arc<Reachable>,
    pub(super) signer: Arc<Signer>,
    pub(super) record: Arc<Recorded>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let time = Arc::new(Time(Mutex::new("2026-03-01T09:00:00.25Z".parse().unwrap())));
        let store = Arc::new(MemoryStore::new(Arc::clone(&time) as Arc<dyn Clock>, 100));
        let genesys = Arc::new(Genesys(AtomicUsize::new(0)));
        let registry = Arc::new(Reachable { store: Arc::clone(&store), gone: AtomicBool::new(false) });
        let (signer, record) = (Arc::new(Signer(AtomicBool::new(true))), Arc::<Recorded>::default());
        let ports = Ports {
            conversations: Arc::clone(&genesys) as _,
            handshakes: store,
            registry: Arc::clone(&registry) as _,
            mirror: None,
            store_watch: Arc::new(DegradedMode::new()),
            audit: Arc::clone(&record) as _,
            clock: Arc::clone(&time) as _,
            entropy: Arc::new(OsEntropy),
        };
        let rules = Rules {
            policy: Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting },
            replay_ttl: Duration::from_mins(1),
            call_timeout: Duration::from_secs(2),
            context: Context::Guide(MarkerAuthor::Customer),
            threading_timeline: Duration::ZERO,
            mirror_max_age: MaxAge::both(Duration::ZERO),
        };
        let session_rules = SessionRules { token_ttl: TTL, shown_late: SHOWN_LATE };
        let sessions = Sessions::new(ports.clone(), Some(Arc::clone(&signer) as _), session_rules);
        Self { resumption: Resumption::new(ports, rules), sessions, time, genesys, registry, signer, record }
    }
}

pub(super) fn caller(principal: &Principal) -> Caller {
    let deadline = Instant::now() + Duration::from_secs(20);
    Caller { principal: principal.clone(), deadline, gone: CancellationToken::new() }
}

pub(super) fn pair(conversation: &str, participant: &str) -> Pair {
    Pair {
        conversation: ConversationId::parse(conversation).unwrap(),
        participant: ParticipantId::parse(participant).unwrap(),
    }
}

pub(super) fn key(name: &str) -> ResumeKey {
    ResumeKey::parse(name).unwrap()
}

/// Stands still until told to move.
pub(super) struct Time(Mutex<Timestamp>);

impl Time {
    pub(super) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(SignedDuration::try_from(by).unwrap()).unwrap();
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Counts what it is asked. Of the conversations, `chat` and `other` exist, each with ana and an agent.
pub(super) struct Genesys(AtomicUsize);

impl Genesys {
    pub(super) fn calls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Conversations for Genesys {
    async fn read(&self, id: &ConversationId, _: Instant) -> Result<Reading, UpstreamError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let leg = |id: &str, role| Participant {
            id: id.to_owned(),
            role,
            active: true,
            updated: None,
            user_id: None,
            agent_id: None,
            queue_id: None,
        };
        let snapshot = Snapshot {
            conversation: id.clone(),
            status: Status::Active,
            status_text: "ACTIVE".to_owned(),
            updated: None,
            participants: vec![leg("ana", Role::Customer), leg("ada", Role::Agent)],
            queue_id: None,
            target_queue_id: None,
            transfer_reason: None,
            attributes: BTreeMap::new(),
            contact_id: None,
        };
        Ok(Reading::live(Some(snapshot).filter(|_| ["chat", "other"].contains(&id.as_str())), None))
    }

    async fn write_metadata(&self, _: &Pair, _: &Metadata, _: Instant) -> Result<Settled, UpstreamError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Settled::Surely)
    }

    async fn post(&self, _: &ConversationId, _: &Post, _: Instant) -> Result<String, UpstreamError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok("message".to_owned())
    }

    async fn transcript(&self, _: &ConversationId, _: Instant) -> Result<Option<Vec<Line>>, UpstreamError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Some(Vec::new()))
    }
}

/// A registry that can be put out of reach.
pub(super) struct Reachable {
    store: Arc<MemoryStore>,
    gone: AtomicBool,
}

impl Reachable {
    pub(super) fn put_out_of_reach(&self, gone: bool) {
        self.gone.store(gone, Ordering::SeqCst);
    }

    fn reached(&self) -> Result<&MemoryStore, StoreError> {
        if self.gone.load(Ordering::SeqCst) { Err(Outage::Unreachable.into()) } else { Ok(&self.store) }
    }
}

#[async_trait]
impl Registry for Reachable {
    async fn register(&self, key: &ResumeKey, pair: &Pair, ttl: Duration) -> Result<Term, StoreError> {
        self.reached()?.register(key, pair, ttl).await
    }

    async fn lookup(&self, key: &ResumeKey) -> Result<Option<Pair>, StoreError> {
        self.reached()?.lookup(key).await
    }

    async fn begin_line(&self, line: Uuid, show_for: Duration) -> Result<(), StoreError> {
        self.reached()?.begin_line(line, show_for).await
    }

    async fn use_line(&self, line: Uuid, generation: u64) -> Result<Shown, StoreError> {
        self.reached()?.use_line(line, generation).await
    }

    async fn refresh_line(&self, line: Uuid, generation: u64, show_for: Duration) -> Result<Refreshed, StoreError> {
        self.reached()?.refresh_line(line, generation, show_for).await
    }

    async fn forget_line(&self, line: Uuid) -> Result<(), StoreError> {
        self.reached()?.forget_line(line).await
    }
}

/// Signs by writing down what is to be signed, as long as it has a secret.
pub(super) struct Signer(AtomicBool);

/// A token as it is written down.
#[derive(Debug, PartialEq)]
pub(super) struct Token {
    pub(super) bound: String,
    pub(super) line: Uuid,
    pub(super) generation: u64,
    pub(super) expires: Timestamp,
}

impl Signer {
    pub(super) fn forget_the_secret(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Token {
    pub(super) fn read(token: &str) -> Self {
        let [bound, line, generation, expires] = token.split(' ').collect::<Vec<_>>().try_into().unwrap();
        Self {
            bound: bound.to_owned(),
            line: line.parse().unwrap(),
            generation: generation.parse().unwrap(),
            expires: expires.parse().unwrap(),
        }
    }
}

impl SessionTokens for Signer {
    fn issue(&self, bound: &Bound, line: Uuid, generation: u64, now: Timestamp, ttl: Duration) -> Option<String> {
        let bound = match bound {
            Bound::Pair(pair) => format!("{}/{}", pair.conversation, pair.participant),
            Bound::Key(key) => key.to_string(),
        };
        let expires = now + SignedDuration::try_from(ttl).unwrap();
        Some(format!("{bound} {line} {generation} {expires}")).filter(|_| self.0.load(Ordering::SeqCst))
    }
}

/// What was recorded, in a word each.
#[derive(Default)]
pub(super) struct Recorded(Mutex<Vec<String>>);

impl Recorded {
    /// What was recorded since this was last asked.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Audit for Recorded {
    fn record(&self, record: &Record<'_>) {
        let word = match &record.event {
            Event::Registered { key, .. } => format!("registered {key}"),
            Event::Tokens { turn, .. } => format!("{turn:?}").to_lowercase(),
            Event::Noted(note) => format!("{note:?}"),
            Event::Decided { decision, .. } => decision.reason().wire().to_owned(),
            Event::Failed { reason } => reason.wire().to_owned(),
            _ => return,
        };
        self.0.lock().unwrap().push(word);
    }
}
