//! One connection that carries all calls at once, made at the first call and made again when it is no good.
//!
//! The client's own `ConnectionManager` is not used: it keeps a connection whose far end fell silent, one to a primary that
//! became a replica, and for ever the error of an attempt that failed for another cause than the network.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, RedisResult};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::failure::{outage, store_error};
use crate::ports::{Outage, StoreError};

/// How long an attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a call may take, the attempt to connect included. A step takes the server well under a millisecond.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long attempts rest after one that failed, lest every call of a busy replica knocks at a server in trouble.
const REST: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    /// Held while connecting, so that one attempt serves all who wait for it.
    state: Mutex<State>,
    opened: AtomicU64,
}

enum State {
    Closed,
    /// Until when, and what the last attempt ended with.
    Resting(Instant, RedisError),
    Open(Numbered),
}

/// A connection by its number, so that who finds it broken does not throw away the next one.
#[derive(Clone)]
struct Numbered {
    connection: MultiplexedConnection,
    number: u64,
}

impl Link {
    pub(super) fn new(url: &str) -> RedisResult<Self> {
        // The call's own limit is the one limit for answers.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None);
        Ok(Self { client: Client::open(url)?, config, state: Mutex::new(State::Closed), opened: AtomicU64::new(0) })
    }

    /// Makes one call, within its time.
    pub(super) async fn call<T, F>(&self, call: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let until = Instant::now() + CALL_TIMEOUT;
        let opened = timeout_at(until, self.open()).await.map_err(|_| Outage::TimedOut)?;
        let Numbered { connection, number } = opened.map_err(|error| outage(&error))?;
        let told = match timeout_at(until, call(connection)).await {
            Ok(told) => told.map_err(|error| store_error(&error)),
            Err(_) => Err(Outage::TimedOut.into()),
        };
        if let Err(StoreError::Unavailable(outage)) = &told
            && is_mended_by_another(*outage)
        {
            self.discard(number).await;
        }
        told
    }

    async fn open(&self) -> RedisResult<Numbered> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Open(open) => return Ok(open.clone()),
            State::Resting(until, error) if Instant::now() < *until => return Err(error.clone()),
            State::Resting(..) | State::Closed => {}
        }
        match self.client.get_multiplexed_async_connection_with_config(&self.config).await {
            Ok(connection) => {
                let open = Numbered { connection, number: self.opened.fetch_add(1, Ordering::Relaxed) };
                *state = State::Open(open.clone());
                Ok(open)
            }
            Err(error) => {
                *state = State::Resting(Instant::now() + REST, error.clone());
                Err(error)
            }
        }
    }

    /// Calls that are under way on it may still end well; new ones get another.
    async fn discard(&self, number: u64) {
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Open(open) if open.number == number) {
            *state = State::Closed;
        }
    }
}

/// Whether another connection may lead to a better end: to a server that answers, takes writes, knows us.
fn is_mended_by_another(outage: Outage) -> bool {
    match outage {
        Outage::Unreachable | Outage::TimedOut | Outage::ReadOnly | Outage::Denied => true,
        Outage::NotReady | Outage::Foreign | Outage::Malformed => false,
    }
}
