//! One measurement of one server: a closed loop over a few connections, and what the server spent on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::{Instant, sleep};

use crate::calls::Target;
use crate::process;
use crate::server::Server;

/// Connections of the load.
pub(crate) const CONNECTIONS: usize = 4;
/// Calls in flight on each.
pub(crate) const IN_FLIGHT: usize = 8;

/// How one server did in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// Calls answered in a second.
    pub(crate) throughput: f64,
    /// Half of the calls took at most so many microseconds.
    pub(crate) p50: f64,
    /// And 99 % of them so many.
    pub(crate) p99: f64,
    /// The server's processor time for a call, in microseconds.
    pub(crate) cpu: f64,
    /// How much of a core the server used. Below 1 it waited, be it for the load or for its core.
    pub(crate) busy: f64,
    /// How much of a core the load used. At 1 the throughput is the load's, not the server's.
    pub(crate) load: f64,
}

/// Asks the server for `warm_up` and `time`, of which `time` counts.
pub(crate) async fn measure(
    server: &Server,
    target: &Arc<Target>,
    warm_up: Duration,
    time: Duration,
) -> anyhow::Result<Round> {
    let stop = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (target, stop) = (Arc::clone(target), Arc::clone(&stop));
            tokio::task::spawn_blocking(move || target.ask(IN_FLIGHT, &stop))
        })
        .collect();
    sleep(warm_up).await;
    let (begin, spent_before, load_before) = (Instant::now(), server.cpu()?, process::cpu(std::process::id())?);
    sleep(time).await;
    let (end, spent, load) = (Instant::now(), server.cpu()?, process::cpu(std::process::id())?);
    let (spent, load) = (spent.saturating_sub(spent_before), load.saturating_sub(load_before));
    stop.store(true, Ordering::Relaxed);

    let mut took = Vec::new();
    for connection in asking {
        let answered = connection.await.context("the load failed")??;
        took.extend(answered.iter().filter(|call| (begin..end).contains(&call.at)).map(|call| call.took));
    }
    ensure!(!took.is_empty(), "no call was answered");
    took.sort_unstable();
    let percentile = |hundredths: usize| micros(took[(took.len() - 1) * hundredths / 100]);
    let calls = f64::from(u32::try_from(took.len())?);
    let time = (end - begin).as_secs_f64();
    Ok(Round {
        throughput: calls / time,
        p50: percentile(50),
        p99: percentile(99),
        cpu: micros(spent) / calls,
        busy: spent.as_secs_f64() / time,
        load: load.as_secs_f64() / time,
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
