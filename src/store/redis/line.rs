//! One connection that carries all calls at once, and is made again when it is no good.
//!
//! The client's own `ConnectionManager` is not used: it keeps a connection whose far end fell silent, one to a primary that
//! became a replica, and for ever the error of an attempt that failed for another cause than the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use tokio::time::{Instant, timeout, timeout_at};

use super::dial::ask;
use super::failure::{outage, said, wants_another};
use super::hello::Hello;
use super::mended::Mended;
use super::target::Target;
use super::trouble::Trouble;
use crate::ports::Outage;
use crate::store_url::Server;

/// See the module.
pub(super) struct Line {
    connection: Mended<Connection>,
    /// How long a sign of life may take after a call that got no answer in time.
    patience: Duration,
}

/// A connection and what is known of its far end.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) multiplexed: MultiplexedConnection,
    pub(super) server: Server,
    /// How many replicas follow, when last told.
    pub(super) replicas: Arc<AtomicUsize>,
    /// Somebody is finding out whether it is still alive.
    doubted: Arc<AtomicBool>,
}

impl Connection {
    pub(super) fn new(multiplexed: MultiplexedConnection, server: Server, hello: &Hello) -> Self {
        let replicas = Arc::new(AtomicUsize::new(hello.replicas));
        Self { multiplexed, server, replicas, doubted: Arc::default() }
    }
}

impl Line {
    pub(super) fn new(target: Arc<Target>, patience: Duration) -> Arc<Self> {
        let connect = move || {
            let target = Arc::clone(&target);
            Box::pin(async move { target.connect().await }) as _
        };
        Arc::new(Self { connection: Mended::new(connect), patience })
    }

    /// The connection and its number.
    pub(super) async fn open(&self, until: Instant) -> Result<(u64, Connection), Trouble> {
        self.connection.get(until).await
    }

    /// Whether there is a connection at this moment.
    pub(super) fn is_open(&self) -> bool {
        self.connection.peek().is_some()
    }

    /// It leads to the wrong server.
    pub(super) fn leave(&self, number: u64) {
        self.connection.broke(number);
    }

    /// Sends all of it at once. Each value tells of its own failure.
    pub(super) async fn send(self: &Arc<Self>, asked: &Pipeline, until: Instant) -> Result<Vec<Value>, Trouble> {
        let (number, mut connection) = self.open(until).await?;
        let Ok(told) = timeout_at(until, ask(&mut connection.multiplexed, asked)).await else {
            self.doubt(number, connection);
            return Err(Outage::TimedOut.into());
        };
        let values = told.inspect_err(|outage| {
            if *outage == Outage::Unreachable {
                self.connection.broke(number);
            }
        })?;
        let refused =
            values.iter().find_map(|value| Some(outage(&said(value.clone()).err()?)).filter(|o| wants_another(*o)));
        if let Some(refused) = refused {
            self.connection.failed(number, refused.into());
        }
        Ok(values)
    }

    /// One slow call is no reason to take the connection from everybody: it may have been slow for reasons of its own. If
    /// nothing at all comes back, it is given up, and nobody else has to wait in vain.
    fn doubt(self: &Arc<Self>, number: u64, mut connection: Connection) {
        if connection.doubted.swap(true, Ordering::Relaxed) {
            return;
        }
        let line = Arc::downgrade(self);
        let patience = self.patience;
        tokio::spawn(async move {
            let mut ping = Pipeline::new();
            ping.cmd("PING");
            let told = timeout(patience, ask(&mut connection.multiplexed, &ping)).await;
            let Some(line) = line.upgrade() else { return };
            if matches!(told, Ok(Ok(_))) {
                connection.doubted.store(false, Ordering::Relaxed);
            } else {
                line.connection.failed(number, Outage::TimedOut.into());
            }
        });
    }
}
