//! `make bench`: what our listener, each layer, each protocol and the service itself cost beside a bare tonic unary call with the
//! same messages.
//!
//! Every row of the first table is a server in a process of its own, which is this program started again, so that the load's
//! work is not counted as the server's. The rows are measured in turn, round by round, and compared within a round: other
//! work on the machine slows all of them alike. The second table is of single layers, in process. A wrong answer fails the run; a
//! slow one never does.

mod bare;
mod calls;
mod collector;
mod cores;
mod credentials;
mod http2;
mod layered;
mod layers;
mod load;
mod ours;
mod process;
mod report;
mod row;
mod serve;
mod server;
mod session;
mod spread;
mod target;

use std::env;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use prost::Message as _;
use session_resumption::pb;

use crate::cores::Cores;
use crate::credentials::Credentials;
use crate::load::measure;
use crate::report::{Circumstances, Report};
use crate::row::ROWS;
use crate::server::{Given, Server};
use crate::session::Session;
use crate::target::{Answer, Target};

/// How long to measure.
struct Plan {
    rounds: usize,
    /// Once for each row, before the first round.
    settle: Duration,
    /// Before each measurement, not counted.
    warm_up: Duration,
    time: Duration,
    layers: layers::Plan,
}

/// All of it takes three minutes. Many short rounds: the other work on the machine is then much the same within one.
const FULL: Plan = Plan {
    rounds: 19,
    settle: Duration::from_millis(300),
    warm_up: Duration::from_millis(50),
    time: Duration::from_millis(400),
    layers: layers::Plan { rounds: 300, calls: 300 },
};

/// For `cargo test --benches`: only that everything answers, and answers right.
const SMOKE: Plan = Plan {
    rounds: 1,
    settle: Duration::from_millis(300),
    warm_up: Duration::from_millis(10),
    time: Duration::from_millis(300),
    layers: layers::Plan { rounds: 1, calls: 1 },
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
    let plan = if measuring { &FULL } else { &SMOKE };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let session = runtime.block_on(Session::begin())?;
    let collector = runtime.block_on(collector::start())?;
    let credentials = Credentials::new(&session.request)?;
    let (answer, report) = runtime.block_on(rows(plan, &session, &credentials, &collector, cores.as_ref()))?;
    // The servers have ended by now.
    let costs = layers::measure(plan.layers, &session, answer, &credentials, &collector);
    let costs = runtime.block_on(costs)?;
    if measuring {
        report.print(&Circumstances { time: plan.time, cores: cores.as_ref(), session: &session.request });
        layers::print(&costs, report.bare());
        report.close();
    }
    Ok(())
}

/// Measures all rows, and tells what they answered.
async fn rows(
    plan: &Plan,
    session: &Session,
    credentials: &Credentials,
    collector: &str,
    cores: Option<&Cores>,
) -> anyhow::Result<(pb::ValidateSessionResponse, Report)> {
    let (answer, servers) = start(session, credentials, collector, cores).await?;
    let mut report = Report::default();
    for (row, (server, target)) in ROWS.iter().zip(&servers) {
        measure(server, target, Duration::ZERO, plan.settle).await.context(row.label)?;
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
    let services = ROWS.iter().filter(|row| row.is_ours()).count();
    ensure!(reads == services, "{services} services read {reads} times from Genesys, instead of once each");
    Ok((answer, report))
}

/// Starts the server of each row, and concludes the session at each that is ours.
async fn start(
    session: &Session,
    credentials: &Credentials,
    collector: &str,
    cores: Option<&Cores>,
) -> anyhow::Result<(pb::ValidateSessionResponse, Vec<(Server, Arc<Target>)>)> {
    let mut given = Given {
        genesys: session.genesys(),
        collector: collector.to_owned(),
        files: credentials.files().clone(),
        answer: Vec::new(),
    };
    let mut started = Vec::new();
    // Ours first: the others give the answer that the first of ours gave.
    let (ours, others): (Vec<_>, Vec<_>) = (0..ROWS.len()).partition(|index| ROWS[*index].is_ours());
    let mut replay = None;
    for index in ours.into_iter().chain(others) {
        let row = &ROWS[index];
        let server = Server::start(index, cores, &given).await.with_context(|| row.label)?;
        let mut target = Target::new(row, server.addr, session, credentials)?;
        let asking = move || {
            let answer = if row.is_ours() { target.conclude() } else { target.once() }?;
            target.takes(answer.clone());
            anyhow::Ok((target, answer))
        };
        let (target, answer) = tokio::task::spawn_blocking(asking).await?.with_context(|| row.label)?;
        if let Answer::Message(message) = answer {
            let first = replay.get_or_insert_with(|| message.clone());
            ensure!(first.encoded_len() == message.encoded_len(), "answers of other lengths: {first:?}, {message:?}");
            ensure!(row.is_ours() || *first == message, "{} answers {message:?}", row.label);
            given.answer = first.encode_to_vec();
        }
        started.push((index, (server, Arc::new(target))));
    }
    started.sort_unstable_by_key(|(index, _)| *index);
    let replay = replay.context("no row answers with a message")?;
    Ok((*replay, started.into_iter().map(|(_, row)| row).collect()))
}
