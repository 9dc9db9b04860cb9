//! The store that the configuration names, and whether it can be used.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::config::{StoreConfig, StoreUrl};
use crate::ports::{Clock, Handshakes};
use crate::server::health::{Component, Health};
use crate::store::memory::{DEFAULT_CAPACITY, MemoryStore};
use crate::store::redis::{RedisStore, StoreClock};

/// What all our keys begin with.
const PREFIX: &str = "sr";
/// Waits between attempts to reach the server at start.
const ASK_AGAIN: Duration = Duration::from_secs(1);

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

    /// Whether it answers. Fails if what answers can never serve, so that waiting for it would be in vain.
    pub(super) async fn answers(&self) -> anyhow::Result<bool> {
        let Self::Redis(store) = self else { return Ok(true) };
        match store.check().await {
            Ok(judged) => judged.map(|()| true).map_err(Into::into),
            Err(error) => {
                tracing::warn!(%error, again_in = ?ASK_AGAIN, "no use of store.url yet; not ready");
                Ok(false)
            }
        }
    }

    /// Waits until it answers, and lets callers in.
    pub(super) async fn open(self, health: Health) -> anyhow::Result<()> {
        while !self.answers().await? {
            tokio::time::sleep(ASK_AGAIN).await;
        }
        health.set(Component::Store, true).await;
        Ok(())
    }
}
