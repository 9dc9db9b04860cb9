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

use super::dial::{Dialled, ask};
use super::failure::misplaced;
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
    /// How many replicas can be waited for, when last told. At first all that are connected: a WAIT finds out more.
    pub(super) replicas: Arc<AtomicUsize>,
    /// The other end hung up.
    ended: Arc<AtomicBool>,
    /// Somebody is finding out whether it is still alive.
    doubted: Arc<AtomicBool>,
}

impl Connection {
    pub(super) fn new(dialled: Dialled, server: Server) -> Self {
        let Dialled { connection: multiplexed, hello, ended } = dialled;
        Self {
            multiplexed,
            server,
            replicas: Arc::new(AtomicUsize::new(hello.replicas)),
            ended,
            doubted: Arc::default(),
        }
    }
}

impl Line {
    pub(super) fn new(target: Arc<Target>, patience: Duration) -> Arc<Self> {
        let connect = move || {
            let target = Arc::clone(&target);
            Box::pin(async move { target.connect().await }) as _
        };
        Self::of(Mended::new(connect), patience)
    }

    fn of(connection: Mended<Connection>, patience: Duration) -> Arc<Self> {
        Arc::new(Self { connection, patience })
    }

    /// The connection and its number. One that is known to have ended is replaced before anybody has to fail by it.
    pub(super) async fn open(&self, until: Instant) -> Result<(u64, Connection), Trouble> {
        let (number, connection) = self.connection.get(until).await?;
        if !connection.ended.load(Ordering::Relaxed) {
            return Ok((number, connection));
        }
        self.connection.broke(number);
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

    /// Whatever it leads to is the wrong server.
    pub(super) fn leave_all(&self) {
        self.connection.broke_any();
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
        if let Some(outage) = values.iter().find_map(misplaced) {
            self.connection.failed(number, outage.into());
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use redis::{AsyncConnectionConfig, RedisConnectionInfo};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PATIENCE: Duration = Duration::from_millis(200);
    const NEVER: u64 = 3_600_000;
    const HANG_UP: u64 = u64::MAX;

    /// Answers each command after the next of these waits, in milliseconds, and without one at once.
    async fn serve(mut stream: DuplexStream, mut waits: VecDeque<u64>) {
        let mut bytes = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut bytes).await {
            for _ in bytes.iter().take(count).filter(|byte| **byte == b'*') {
                let wait = waits.pop_front().unwrap_or_default();
                if wait == HANG_UP {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(wait)).await;
                if stream.write_all(b"+PONG\r\n").await.is_err() {
                    return;
                }
            }
        }
    }

    /// A line to servers that wait so before their answers, one after the other, and how many were asked for.
    fn line(servers: &'static [&'static [u64]]) -> (Arc<Line>, Arc<AtomicUsize>) {
        let dialled = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&dialled);
        let kept = Arc::new(Mutex::new(Vec::new()));
        let dial = move || {
            let (count, kept) = (Arc::clone(&count), Arc::clone(&kept));
            Box::pin(async move {
                let at = count.fetch_add(1, Ordering::Relaxed);
                let waits = servers.get(at).ok_or(Outage::Unreachable)?;
                let (near, far) = tokio::io::duplex(1024);
                kept.lock().unwrap().push(tokio::spawn(serve(far, waits.iter().copied().collect())));
                let bare = RedisConnectionInfo::default().set_skip_set_lib_name();
                let config = AsyncConnectionConfig::new().set_response_timeout(None);
                let (multiplexed, driver) = MultiplexedConnection::new_with_config(&bare, near, config).await.unwrap();
                let (replicas, ended, doubted) = (Arc::default(), Arc::<AtomicBool>::default(), Arc::default());
                let ends = Arc::clone(&ended);
                tokio::spawn(async move {
                    driver.await;
                    ends.store(true, Ordering::Relaxed);
                });
                let server = Server { host: "far".to_owned(), port: 1 };
                Ok(Connection { multiplexed, server, replicas, ended, doubted })
            }) as _
        };
        (Line::of(Mended::new(dial), PATIENCE), dialled)
    }

    async fn call(line: &Arc<Line>) -> Result<usize, Trouble> {
        let mut ping = Pipeline::new();
        ping.cmd("PING");
        line.send(&ping, Instant::now() + SECOND).await.map(|told| told.len())
    }

    const TIMED_OUT: Trouble = Trouble::Outage(Outage::TimedOut);

    #[tokio::test(start_paused = true)]
    async fn a_slow_call_takes_the_connection_from_nobody() {
        let (line, dialled) = line(&[&[1_100]]);
        assert_eq!(call(&line).await, Err(TIMED_OUT));
        assert_eq!(call(&line).await, Ok(1));
        tokio::time::sleep(SECOND).await;
        assert_eq!((call(&line).await, dialled.load(Ordering::Relaxed)), (Ok(1), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_is_given_up_for_another() {
        let (line, dialled) = line(&[&[NEVER], &[]]);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let line = Arc::clone(&line);
            calls.spawn(async move { call(&line).await });
        }
        assert!(calls.join_all().await.iter().all(|told| *told == Err(TIMED_OUT)));
        assert_eq!(dialled.load(Ordering::Relaxed), 1);
        tokio::time::sleep(PATIENCE * 2).await;
        assert_eq!((call(&line).await, dialled.load(Ordering::Relaxed)), (Ok(1), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_costs_only_the_calls_that_are_under_way() {
        let (line, dialled) = line(&[&[0, HANG_UP], &[]]);
        assert_eq!(call(&line).await, Ok(1));
        assert_eq!(call(&line).await, Err(Outage::Unreachable.into()));
        assert_eq!((call(&line).await, dialled.load(Ordering::Relaxed)), (Ok(1), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_ended_is_replaced_before_anybody_fails_by_it() {
        let (line, dialled) = line(&[&[0], &[]]);
        assert_eq!(call(&line).await, Ok(1));
        let (_, connection) = line.open(Instant::now() + SECOND).await.unwrap();
        connection.ended.store(true, Ordering::Relaxed);
        assert_eq!((call(&line).await, dialled.load(Ordering::Relaxed)), (Ok(1), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn while_no_connection_can_be_made_callers_are_told_at_once() {
        let (line, _) = line(&[&[NEVER]]);
        assert_eq!(call(&line).await, Err(TIMED_OUT));
        tokio::time::sleep(PATIENCE * 2).await;
        let began = Instant::now();
        assert_eq!(call(&line).await, Err(Outage::Unreachable.into()));
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
