//! Where a connection should lead: to a server with a fixed address, or to whichever the sentinels call the primary.

use std::cmp::Reverse;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use redis::{Pipeline, Value, from_redis_value};
use tokio::time::timeout;

use super::dial::{Dialer, Dialled, ask};
use super::failure::{outage, said};
use super::hello::Unfit;
use super::line::Connection;
use super::trouble::Trouble;
use crate::ports::Outage;
use crate::store_url::Server;

/// How long a sentinel may take. They are asked at once, and answer from memory.
const SENTINEL: Duration = Duration::from_secs(1);

pub(super) enum Target {
    Fixed { server: Server, dialer: Dialer },
    Watched(Watched),
}

/// A primary that sentinels watch. The client's own `SentinelClient` is not used: it believes the first sentinel of the list, also
/// one that is cut off from the others together with a primary that they have replaced.
pub(super) struct Watched {
    pub(super) sentinels: Vec<Server>,
    pub(super) sentinel_dialer: Dialer,
    pub(super) primary: String,
    pub(super) dialer: Dialer,
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
            Self::Watched(watched) => watched.named().await.is_ok_and(|named| !named.contains(server)),
        }
    }
}

impl Watched {
    async fn connect(&self) -> Result<Connection, Trouble> {
        let mut trouble = Trouble::Outage(Outage::Unreachable);
        for server in self.named().await? {
            match self.dialer.dial(&server).await {
                Ok(dialled) if dialled.hello.is_primary() => return Ok(Connection::new(dialled, server)),
                // The sentinels may not have heard yet that it is one no longer.
                Ok(_) => trouble = Outage::ReadOnly.into(),
                Err(found) => trouble = found,
            }
        }
        Err(trouble)
    }

    /// Whom the sentinels call the primary. As soon as most of them agree it is the one that they name; else it may be any that
    /// one of them names, those with more votes first.
    async fn named(&self) -> Result<Vec<Server>, Trouble> {
        let ask = async |sentinel| timeout(SENTINEL, self.ask(sentinel)).await.unwrap_or(Err(Outage::TimedOut.into()));
        let mut asked: FuturesUnordered<_> = self.sentinels.iter().map(ask).collect();
        let (mut votes, mut troubles) = (Vec::new(), Vec::new());
        let count = |votes: &[Server], server: &Server| votes.iter().filter(|vote| **vote == *server).count();
        while let Some(told) = asked.next().await {
            match told {
                Ok(server) => {
                    votes.push(server.clone());
                    if count(&votes, &server) * 2 > self.sentinels.len() {
                        return Ok(vec![server]);
                    }
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        let mut named = votes.clone();
        named.sort_by_cached_key(|server| (Reverse(count(&votes, server)), server.to_string()));
        named.dedup();
        if named.is_empty() {
            // What one sentinel does not know another may, once it answers. Only what all of them say is final.
            let passing = troubles.iter().find(|trouble| matches!(trouble, Trouble::Outage(_)));
            return Err(passing.or(troubles.first()).cloned().unwrap_or(Outage::Unreachable.into()));
        }
        Ok(named)
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
