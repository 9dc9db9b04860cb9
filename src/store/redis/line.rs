//! One connection that carries all calls at once, and is made again when it is no good.
//!
//! The client's own `ConnectionManager` is not used: it keeps a connection whose far end fell silent, one to a primary that
//! became a replica, and for ever the error of an attempt that failed for another cause than the network.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

/// The longest wait of a call for its own answer, as long as others get theirs: the server, or this process, has too much to
/// do, and whoever asks again only adds to that.
const LONGEST: Duration = Duration::from_secs(5);

/// See the module.
pub(super) struct Line {
    connection: Mended<Connection>,
    /// How long a sign of life may take when nobody gets an answer in time.
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
    /// When anything was last heard on it.
    heard: Arc<Mutex<Instant>>,
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
            heard: Arc::new(Mutex::new(Instant::now())),
        }
    }

    async fn ask(&mut self, asked: &Pipeline) -> Result<Vec<Value>, Outage> {
        let told = ask(&mut self.multiplexed, asked).await;
        if told.is_ok() {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        told
    }

    fn heard(&self) -> Instant {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Sends all of it at once. Each value tells of its own failure. Whoever has no answer by `until` waits on while others get
    /// theirs: how long one takes tells of the load, and only silence of an outage.
    pub(super) async fn send(self: &Arc<Self>, asked: &Pipeline, until: Instant) -> Result<Vec<Value>, Trouble> {
        let began = Instant::now();
        let (number, connection) = self.open(until).await?;
        let mut asking = connection.clone();
        let mut told = pin!(asking.ask(asked));
        let limit = until.saturating_duration_since(began);
        let told = loop {
            let patient = (connection.heard() + limit).min(began + LONGEST).max(until);
            let silent = Instant::now();
            if silent < patient {
                if let Ok(told) = timeout_at(patient, &mut told).await {
                    break told;
                }
                continue;
            }
            self.doubt(number, &connection);
            if let Ok(told) = timeout(self.patience, &mut told).await {
                break told;
            }
            if connection.heard() < silent || began.elapsed() >= LONGEST {
                return Err(Outage::TimedOut.into());
            }
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

    /// If nothing at all comes back, not even to this question, the connection is given up, and nobody else has to wait in vain.
    fn doubt(self: &Arc<Self>, number: u64, connection: &Connection) {
        if connection.doubted.swap(true, Ordering::Relaxed) {
            return;
        }
        let (line, mut connection) = (Arc::downgrade(self), connection.clone());
        let (patience, silent) = (self.patience, Instant::now());
        tokio::spawn(async move {
            let mut ping = Pipeline::new();
            ping.cmd("PING");
            // It stands behind all that was sent before, so an answer to any of that will do.
            let _ = timeout(patience, connection.ask(&ping)).await;
            let Some(line) = line.upgrade() else { return };
            if connection.heard() < silent {
                line.connection.failed(number, Outage::TimedOut.into());
            } else {
                connection.doubted.store(false, Ordering::Relaxed);
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
                let heard = Arc::new(Mutex::new(Instant::now()));
                Ok(Connection { multiplexed, server, replicas, ended, doubted, heard })
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
        assert_eq!(call(&line).await, Ok(1));
        assert_eq!((call(&line).await, dialled.load(Ordering::Relaxed)), (Ok(1), 1));
    }

    /// A server, or a process of ours, that has so much to do that the last of many answers takes long.
    #[tokio::test(start_paused = true)]
    async fn whoever_stands_behind_many_gets_an_answer_as_long_as_they_do() {
        let (line, dialled) = line(&[&[300; 60]]);
        let began = Instant::now();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..30 {
            let line = Arc::clone(&line);
            calls.spawn(async move { call(&line).await });
        }
        let told = calls.join_all().await;
        let (answered, timed_out): (Vec<_>, Vec<_>) = told.iter().partition(|told| told.is_ok());
        assert!(timed_out.iter().all(|told| **told == Err(TIMED_OUT)));
        // One every 0.3 s until nobody waits longer.
        assert!((15..=18).contains(&answered.len()), "{}", answered.len());
        assert!(began.elapsed() <= LONGEST + PATIENCE, "{:?}", began.elapsed());
        tokio::time::sleep(6 * SECOND).await;
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
