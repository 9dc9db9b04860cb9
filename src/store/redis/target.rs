//! Where a connection should lead: to a server with a fixed address, or to whichever the sentinels call the primary.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redis::{Pipeline, Value, from_redis_value};
use tokio::time::timeout;

use super::dial::{Dialer, Dialled, ask};
use super::failure::{outage, said};
use super::hello::Unfit;
use super::line::Connection;
use super::trouble::Trouble;
use crate::ports::Outage;
use crate::store_url::Server;

/// How long one sentinel may take. They answer from memory, and another one knows as much.
const SENTINEL: Duration = Duration::from_millis(300);

pub(super) enum Target {
    Fixed { server: Server, dialer: Dialer },
    Watched(Watched),
}

/// A primary that sentinels watch. The client's own `SentinelClient` is not used: it waits for a silent sentinel without an
/// end, and asks them one connection at a time that it never gives back.
pub(super) struct Watched {
    pub(super) sentinels: Vec<Server>,
    pub(super) sentinel_dialer: Dialer,
    pub(super) primary: String,
    pub(super) dialer: Dialer,
    /// Who is asked first: the one who knew last time.
    pub(super) first: AtomicUsize,
}

impl Target {
    pub(super) async fn connect(&self) -> Result<Connection, Trouble> {
        match self {
            Self::Fixed { server, dialer } => {
                let dialled = dialer.dial(server).await?;
                if dialled.hello.is_sentinel() {
                    return Err(Unfit::Sentinel.into());
                }
                Ok(Connection::new(dialled, server.clone()))
            }
            Self::Watched(watched) => watched.connect().await,
        }
    }

    /// Whether a server that cannot take writes now may be replaced by one that can.
    pub(super) fn is_watched(&self) -> bool {
        matches!(self, Self::Watched(_))
    }

    /// Whether it should lead elsewhere now, if that can change and can be told.
    pub(super) async fn moved_from(&self, server: &Server) -> bool {
        match self {
            Self::Fixed { .. } => false,
            Self::Watched(watched) => {
                watched.ask_each(|told| async { Ok(told) }).await.is_ok_and(|primary| primary != *server)
            }
        }
    }
}

impl Watched {
    async fn connect(&self) -> Result<Connection, Trouble> {
        self.ask_each(|server| async move {
            let dialled = self.dialer.dial(&server).await?;
            // A sentinel may not have heard yet that it is one no longer.
            if !dialled.hello.is_primary() {
                return Err(Outage::ReadOnly.into());
            }
            Ok(Connection::new(dialled, server))
        })
        .await
    }

    /// Asks one sentinel after the other, until the primary that one names is what `then` can use.
    async fn ask_each<T, F>(&self, then: impl Fn(Server) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let count = self.sentinels.len().max(1);
        let first = self.first.load(Ordering::Relaxed);
        let mut troubles = Vec::new();
        for at in (0..self.sentinels.len()).map(|step| (first + step) % count) {
            let Some(sentinel) = self.sentinels.get(at) else { continue };
            let named = timeout(SENTINEL, self.ask(sentinel)).await.unwrap_or(Err(Outage::TimedOut.into()));
            let used = match named {
                Ok(primary) => then(primary).await,
                Err(trouble) => Err(trouble),
            };
            match used {
                Ok(used) => {
                    self.first.store(at, Ordering::Relaxed);
                    return Ok(used);
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        // What one sentinel does not know another may, once it answers. Only what all of them say is final.
        let passing = troubles.iter().find(|trouble| matches!(trouble, Trouble::Outage(_)));
        Err(passing.or(troubles.first()).cloned().unwrap_or(Outage::Unreachable.into()))
    }

    async fn ask(&self, sentinel: &Server) -> Result<Server, Trouble> {
        let Dialled { mut connection, hello, .. } = self.sentinel_dialer.dial(sentinel).await?;
        if !hello.is_sentinel() {
            return Err(Unfit::NotSentinel.into());
        }
        let mut asked = Pipeline::new();
        asked.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(&self.primary);
        let told = ask(&mut connection, &asked).await?.pop().unwrap_or(Value::Nil);
        match said(told).map_err(|error| outage(&error))? {
            Value::Nil => Err(Unfit::UnknownPrimary(self.primary.clone()).into()),
            told => {
                let (host, port) = from_redis_value(told).map_err(|_| Outage::Malformed)?;
                Ok(Server { host, port })
            }
        }
    }
}
