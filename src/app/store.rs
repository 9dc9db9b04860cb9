//! The store that the configuration names, and whether it can be used.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time::{sleep, timeout};

use crate::config::{StoreConfig, StoreUrl};
use crate::degraded::DegradedMode;
use crate::ports::{Clock, Handshakes, Mirror, Outage, Registry, StoreError, StoreWatch as _};
use crate::server::health::{Component, Condition, Health};
use crate::store::memory::{DEFAULT_CAPACITY, MemoryStore};
use crate::store::redis::{RedisStore, StoreClock};

/// What all our keys begin with.
const PREFIX: &str = "sr";
/// The first wait before a server that could not be used is asked again.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often a server that can be used is asked whether it still can: a replica without callers must not be the last to know.
const ASK_ANYWAY: Duration = Duration::from_secs(10);

/// The store, by what it takes to open it.
#[derive(Debug)]
pub(super) enum Store {
    /// This process's own memory, which is always there.
    Memory(Arc<MemoryStore>),
    /// A server's.
    Redis(Arc<RedisStore>),
}

impl Store {
    pub(super) fn new(config: &StoreConfig, clock: &Arc<dyn Clock>) -> anyhow::Result<Self> {
        let authorities = config.authorities.as_ref();
        Ok(match &config.url {
            StoreUrl::Memory => Self::Memory(Arc::new(MemoryStore::new(Arc::clone(clock), DEFAULT_CAPACITY))),
            StoreUrl::Redis(url) => {
                let pem = authorities.map(|told| told.pem.as_slice());
                let store = RedisStore::new(url, pem, PREFIX, StoreClock::Server);
                let store = store.with_context(|| match authorities {
                    Some(told) => format!("store.ca_file: {} cannot be used", told.path.display()),
                    None => "store.url: TLS cannot be used".to_owned(),
                });
                Self::Redis(Arc::new(store?))
            }
        })
    }

    pub(super) fn port(&self) -> Arc<dyn Handshakes> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
            Self::Redis(store) => Arc::clone(store) as _,
        }
    }

    pub(super) fn mirror(&self) -> Arc<dyn Mirror> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
            Self::Redis(store) => Arc::clone(store) as _,
        }
    }

    pub(super) fn registry(&self) -> Arc<dyn Registry> {
        match self {
            Self::Memory(store) => Arc::clone(store) as _,
            Self::Redis(store) => Arc::clone(store) as _,
        }
    }

    /// Whether it can be used. Fails if what answers can never serve, so that waiting for it would be in vain.
    pub(super) async fn answers(&self, degraded: &DegradedMode) -> anyhow::Result<bool> {
        let Self::Redis(store) = self else { return Ok(true) };
        match store.check().await {
            Ok(judged) => judged.map(|()| true).map_err(Into::into),
            Err(StoreError::Unavailable(outage)) => {
                degraded.failed(outage);
                Ok(false)
            }
            // Whoever says that it is full, or whose turn it is, answers.
            Err(StoreError::Full | StoreError::Fenced(_) | StoreError::Refused(_)) => Ok(true),
        }
    }

    /// Lets callers in as soon as it can be used. From then on it ends every time without it, for as long as it is polled.
    pub(super) async fn keep(self, degraded: Arc<DegradedMode>, health: Health) -> anyhow::Result<()> {
        let mut attempts = pauses();
        while !(self.answers(&degraded).await? && degraded.recovered()) {
            sleep(attempts.next().unwrap_or(LONGEST_PAUSE)).await;
        }
        loop {
            health.set(Component::Store, Condition::Ready).await;
            self.until_degraded(&degraded).await;
            health.set(Component::Store, Condition::Degraded).await;
            self.recover(&degraded).await;
        }
    }

    /// Waits until a call fails, be it one of our own.
    async fn until_degraded(&self, degraded: &DegradedMode) {
        let mut unfit = Unfitness::default();
        while timeout(ASK_ANYWAY, degraded.entered()).await.is_err() {
            let answers = self.answers(degraded).await;
            if answers.is_err() {
                degraded.failed(Outage::NotReady);
            }
            unfit.told(answers);
        }
    }

    /// Asks until it can be used again.
    async fn recover(&self, degraded: &DegradedMode) {
        let mut unfit = Unfitness::default();
        for pause in pauses() {
            sleep(pause).await;
            if unfit.told(self.answers(degraded).await) && degraded.recovered() {
                return;
            }
        }
    }
}

/// Whether it was said that what answers cannot serve. It could at the start, and may again.
#[derive(Default)]
struct Unfitness {
    said: bool,
}

impl Unfitness {
    /// Whether it answers and can serve.
    fn told(&mut self, answers: anyhow::Result<bool>) -> bool {
        let answers = answers.inspect_err(|unfit| {
            if !std::mem::replace(&mut self.said, true) {
                tracing::warn!(%unfit, "what answers at store.url cannot serve");
            }
        });
        answers.unwrap_or(false)
    }
}

/// Waits between questions, without end.
fn pauses() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(PAUSE), |pause| Some((*pause * 2).min(LONGEST_PAUSE)))
}
