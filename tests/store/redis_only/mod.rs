//! What only the Redis store promises: one truth for several replicas, and a typed word for whatever its server does.

mod cluster;
mod credentials;
mod disagreeing;
mod failover;
mod fake;
mod keys;
mod lagging;
mod loss;
mod outages;
mod replicas;
mod replication;
mod scripts;
mod secure;
mod sentinels;
mod unfit;

use std::time::Duration;

use session_resumption::ports::{Handshakes, Outage, StoreError};
use session_resumption::store::redis::{RedisStore, StoreClock};
use tokio::time::{Instant, sleep};

use crate::given::{ana, flow};
use crate::harness::{prefix, redis_store};

/// More than a call may take by its own limits, on a machine that is busy with other things.
const IN_TIME: Duration = Duration::from_secs(5);
/// More than it takes to find a server again.
const SOON: Duration = Duration::from_secs(20);

fn store(url: &str) -> RedisStore {
    redis_store(url, &prefix(), StoreClock::Server)
}

/// Joins, in time: None if it can be used.
async fn told(store: &RedisStore) -> Option<Outage> {
    let began = Instant::now();
    let told = store.join(&ana(), &flow()).await;
    assert!(began.elapsed() < IN_TIME, "{told:?} after {:?}", began.elapsed());
    match told {
        Ok(_) => None,
        Err(StoreError::Unavailable(outage)) => Some(outage),
        other => panic!("expected an outage, got {other:?}"),
    }
}

async fn outage(store: &RedisStore) -> Outage {
    told(store).await.expect("an outage")
}

/// Joins until it is told this: what comes first may be an answer from before, or the end of the connection.
async fn becomes(store: &RedisStore, expected: Outage) {
    let until = Instant::now() + SOON;
    loop {
        let told = told(store).await;
        if told == Some(expected) {
            return;
        }
        assert!(Instant::now() < until, "expected {expected:?}, still {told:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Joins until the store can be used again.
async fn mends(store: &RedisStore) {
    let until = Instant::now() + SOON;
    while let Err(error) = store.join(&ana(), &flow()).await {
        assert!(Instant::now() < until, "it does not find its server again: {error:?}");
        sleep(Duration::from_millis(20)).await;
    }
}
