//! `make bench-store`: what the Redis store costs.
//!
//! The first table sets a replay beside `redis-benchmark`, which sends Redis the very command that a replay sends it, with as
//! many in flight. The second sets our connection beside others. All rows of a table are measured in turn, round by round, and
//! compared within a round: other work on the machine slows all of them alike. A wrong answer fails the run; a slow one never
//! does.

mod asking;
#[allow(dead_code, reason = "the other benchmark tells more")]
mod calls;
mod connections;
#[path = "../replay/cores.rs"]
mod cores;
mod http2;
#[allow(dead_code, reason = "the other benchmark tells more")]
#[path = "../replay/load.rs"]
mod load;
mod ours;
#[path = "../replay/process.rs"]
mod process;
mod redis_benchmark;
mod redis_server;
mod replays;
mod server;
#[path = "../replay/session.rs"]
mod session;
#[allow(dead_code, reason = "the other benchmark tells more")]
#[path = "../replay/spread.rs"]
mod spread;
mod step;

use std::env;
use std::time::Duration;

use anyhow::Context;

// What the load asks, by the name that it has in the other benchmark.
use crate::calls as target;
use crate::cores::Cores;
use crate::load::{CONNECTIONS, IN_FLIGHT};

/// As many as the load keeps in flight, whoever asks.
const AT_ONCE: usize = CONNECTIONS * IN_FLIGHT;

/// How long to measure.
pub(crate) struct Plan {
    rounds: usize,
    /// Before each measurement, not counted.
    warm_up: Duration,
    time: Duration,
}

/// All of it takes about a minute. Many short rounds: the other work on the machine is then much the same within one.
const FULL: Plan = Plan { rounds: 11, warm_up: Duration::from_millis(60), time: Duration::from_millis(400) };

/// For `cargo test --benches`: only that everything answers, and answers right.
const SMOKE: Plan = Plan { rounds: 1, warm_up: Duration::from_millis(10), time: Duration::from_millis(300) };

fn main() -> anyhow::Result<()> {
    let mut args = env::args().skip(1);
    let mut measuring = false;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--serve" => {
                let mut given = || args.next().context("--serve needs Genesys and a store");
                let (genesys, store) = (given()?, given()?);
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
                return runtime.block_on(ours::ours(&genesys, &store, false));
            }
            // Cargo passes it to benchmarks, and leaves it out when it only tests them.
            "--bench" => measuring = true,
            _ => {}
        }
    }
    // Before the runtime starts, so that its threads inherit the core.
    let cores = Cores::claim();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(bench(cores.as_ref(), measuring))
}

#[expect(clippy::print_stdout, reason = "the result")]
async fn bench(cores: Option<&Cores>, measuring: bool) -> anyhow::Result<()> {
    let plan = if measuring { &FULL } else { &SMOKE };
    let replays = replays::measure(plan, cores).await?;
    let connections = connections::measure(plan, cores).await?;
    if !measuring {
        return Ok(());
    }
    println!("medians of {} interleaved rounds of {:?}; {AT_ONCE} in flight everywhere", plan.rounds, plan.time);
    match cores {
        Some(_) => println!("pinned: two cores, one for whoever asks Redis"),
        None => println!("not pinned: all share the cores, so the ratios are rougher"),
    }
    if cfg!(debug_assertions) {
        println!("this is a debug build: the numbers mean little");
    }
    println!("\n{replays}\n{connections}");
    Ok(())
}
