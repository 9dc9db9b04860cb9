//! `make bench`: what a replayed answer costs beside a bare tonic unary call with the same messages.
//!
//! Every row of the table is a server in a process of its own, which is this program started again, so that the load's
//! work is not counted as the server's. The rows are measured in turn, round by round, and compared within a round: other
//! work on the machine slows all of them alike. A wrong answer fails the run; a slow one never does.

mod calls;
mod cores;
mod http2;
mod load;
mod ours;
mod process;
mod report;
mod row;
mod serve;
mod server;
mod session;
mod spread;

use std::env;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use prost::Message as _;

use crate::calls::Target;
use crate::cores::Cores;
use crate::load::measure;
use crate::report::{Circumstances, Report};
use crate::row::{ROWS, Service};
use crate::server::{Given, Server};
use crate::session::Session;

/// How long to measure.
struct Plan {
    rounds: usize,
    /// Once for each row, before the first round.
    settle: Duration,
    /// Before each measurement, not counted.
    warm_up: Duration,
    time: Duration,
}

/// All of it takes less than a minute. Many short rounds: the other work on the machine is then much the same within one.
const FULL: Plan = Plan {
    rounds: 13,
    settle: Duration::from_millis(300),
    warm_up: Duration::from_millis(60),
    time: Duration::from_millis(500),
};

/// For `cargo test --benches`: only that everything answers, and answers right.
const SMOKE: Plan = Plan {
    rounds: 1,
    settle: Duration::from_millis(300),
    warm_up: Duration::from_millis(10),
    time: Duration::from_millis(300),
};

fn main() -> anyhow::Result<()> {
    let mut args = env::args().skip(1);
    let mut measuring = false;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--serve" => {
                let index: usize = args.next().context("--serve needs the number of a row")?.parse()?;
                return serve::run(ROWS.get(index).context("there is no such row")?);
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

async fn bench(cores: Option<&Cores>, measuring: bool) -> anyhow::Result<()> {
    let plan = if measuring { &FULL } else { &SMOKE };
    let session = Session::begin().await?;
    let servers = start(&session, cores).await?;

    let mut report = Report::default();
    for (server, target) in &servers {
        measure(server, target, Duration::ZERO, plan.settle).await?;
    }
    for round in 0..plan.rounds {
        for turn in 0..ROWS.len() {
            // So that no row always comes first.
            let index = (round + turn) % ROWS.len();
            let (server, target) = &servers[index];
            let measured = measure(server, target, plan.warm_up, plan.time).await;
            report.add(index, measured.with_context(|| ROWS[index].label)?);
        }
    }

    // The load asked for replays only: whatever was read beyond one read for each service of ours was read for one of them.
    let reads = session.upstream_reads();
    let services = ROWS.iter().filter(|row| row.service != Service::Bare).count();
    ensure!(reads == services, "{services} services read {reads} times from Genesys, instead of once each");
    if measuring {
        let bytes = servers.first().map(|(_, target)| target.bytes()).context("there are no rows")?;
        report.print(&Circumstances { time: plan.time, cores, bytes, reads: (reads, services) });
    }
    Ok(())
}

/// Starts the server of each row, and concludes the session at each that is ours.
async fn start(session: &Session, cores: Option<&Cores>) -> anyhow::Result<Vec<(Server, Arc<Target>)>> {
    let mut given = Given { genesys: session.genesys(), answer: Vec::new() };
    let mut started = Vec::new();
    // Ours first: the bare ones give the answer that the first of ours gave.
    let (bare, ours): (Vec<_>, Vec<_>) = (0..ROWS.len()).partition(|index| ROWS[*index].service == Service::Bare);
    let mut replay = None;
    for index in ours.into_iter().chain(bare) {
        let server = Server::start(index, cores, &given).await.with_context(|| ROWS[index].label)?;
        let answer = match ROWS[index].service {
            Service::Ours { .. } => session.conclude(server.addr).await.with_context(|| ROWS[index].label)?,
            Service::Bare => replay.clone().context("no service of ours came first")?,
        };
        let first = replay.get_or_insert_with(|| answer.clone());
        ensure!(first.encoded_len() == answer.encoded_len(), "the answers differ in length: {first:?}, {answer:?}");
        given.answer = first.encode_to_vec();
        let target = Target::new(server.addr, &session.request, answer)?;
        started.push((index, (server, Arc::new(target))));
    }
    started.sort_unstable_by_key(|(index, _)| *index);
    Ok(started.into_iter().map(|(_, row)| row).collect())
}
