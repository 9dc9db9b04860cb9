//! The way to the servers, however they stand to each other.

use std::sync::Arc;

use redis::{Pipeline, Value};
use tokio::time::Instant;

use super::cluster::Cluster;
use super::dial::Dialer;
use super::failure::{outage, said, store_error};
use super::node::{CALL, Copied, Node};
use super::script::Run;
use super::target::{Target, Watched};
use super::tls::{BadCertificates, Tls};
use super::trouble::Trouble;
use crate::ports::{Outage, StoreError};
use crate::store_url::{RedisUrl, Topology};

/// See the module. Clones share their connections.
#[derive(Clone)]
pub(super) enum Link {
    /// One server, or the one that sentinels call the primary.
    One(Arc<Node>),
    /// A cluster.
    Many(Arc<Cluster>),
}

impl Link {
    pub(super) fn new(url: &RedisUrl, authorities: Option<&[u8]>) -> Result<Self, BadCertificates> {
        let tls = url.tls.then(|| Tls::new(authorities)).transpose()?;
        let dialer = |database| Dialer { credentials: url.credentials.clone(), database, tls: tls.clone() };
        Ok(match url.topology.clone() {
            Topology::Single { server, database } => {
                Self::One(Node::new(Target::Fixed { server, dialer: dialer(database) }))
            }
            Topology::Sentinel { sentinels, credentials, primary, database } => {
                let sentinel_dialer = Dialer { credentials, database: 0, tls: tls.clone() };
                let dialer = dialer(database);
                Self::One(Node::new(Target::Watched(Watched { sentinels, sentinel_dialer, primary, dialer })))
            }
            Topology::Cluster { seeds } => Self::Many(Cluster::new(seeds, dialer(0))),
        })
    }

    /// Runs a script where its keys lie: what it says, and whether a replica has what it wrote.
    pub(super) async fn run(&self, run: &Run<'_>, copied: Copied) -> Result<(Value, bool), StoreError> {
        let until = Instant::now() + CALL;
        let ran = match self {
            Self::One(node) => node.run(run, false, copied, until).await,
            Self::Many(cluster) => cluster.run(run, copied, until).await,
        }?;
        said(ran.value).map(|value| (value, ran.copied)).map_err(|error| store_error(&error))
    }

    /// The servers' clock. Those of a cluster are taken to go alike; it is always the same one that is asked, as long as it answers.
    pub(super) async fn time(&self) -> Result<Value, StoreError> {
        let until = Instant::now() + CALL;
        let mut time = Pipeline::new();
        time.cmd("TIME");
        let mut told = match self {
            Self::One(node) => node.send(&time, until).await,
            Self::Many(cluster) => {
                let mut holders = cluster.map(until).await?.holders();
                // The first that is at hand. None is, before the first call.
                let at = holders.iter().position(|(_, node)| node.is_open()).unwrap_or(0);
                let count = holders.len().max(1);
                holders.rotate_left(at % count);
                let mut told = Err(Trouble::Outage(Outage::NotReady));
                for (_, node) in holders {
                    told = node.send(&time, until).await;
                    if told.is_ok() {
                        break;
                    }
                }
                told.inspect_err(|_| cluster.ask_soon())
            }
        }?;
        let told = told.pop().ok_or(Outage::Malformed)?;
        Ok(said(told).map_err(|error| outage(&error))?)
    }
}
