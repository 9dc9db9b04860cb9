//! The first table: a replay of `ValidateSession` beside `redis-benchmark`.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, ensure};

use crate::calls::Target;
use crate::cores::Cores;
use crate::redis_benchmark::{self, Shape};
use crate::redis_server::RedisServer;
use crate::server::Server;
use crate::session::Session;
use crate::spread::Spread;
use crate::{AT_ONCE, Plan, load, step};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Benchmark(Shape),
    Service(Store),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Redis,
    Memory,
}

/// What the others are compared with.
const BASE: usize = 0;
/// The row of the closing line.
const REPLAY: usize = 3;

const ROWS: [(&str, Asker); 5] = [
    ("redis-benchmark", Asker::Benchmark(Shape::Connections(AT_ONCE))),
    // Whatever differs from 1.00 here is noise, and so is as much elsewhere.
    ("redis-benchmark, again", Asker::Benchmark(Shape::Connections(AT_ONCE))),
    ("redis-benchmark, pipeline", Asker::Benchmark(Shape::Pipeline(AT_ONCE))),
    ("replay, Redis store", Asker::Service(Store::Redis)),
    ("replay, memory store", Asker::Service(Store::Memory)),
];

/// Calls whose round trips are counted.
const COUNTED: u64 = 20;

/// How a row did in one round. Times are in microseconds; those of processors are per call.
#[derive(Debug, Clone, Copy)]
struct Round {
    throughput: f64,
    p50: f64,
    p99: f64,
    service: Option<f64>,
    redis: Option<f64>,
}

/// All rounds of all rows.
#[derive(Debug)]
pub(crate) struct Table {
    rows: [Vec<Round>; ROWS.len()],
    command: Vec<String>,
}

/// What is measured.
struct Stage<'a> {
    redis: &'a RedisServer,
    command: &'a [String],
    asking: Option<&'a str>,
    ours: [(Server, Arc<Target>); 2],
}

/// Whoever asks Redis has one core, Redis and the load of the service the other.
pub(crate) async fn measure(plan: &Plan, cores: Option<&Cores>) -> anyhow::Result<Table> {
    let asking = cores.map(|cores| cores.server.as_str());
    let redis = RedisServer::start(cores.map(|cores| cores.load.as_str())).await?;
    let session = Session::begin().await?;
    let stores = [redis.url(), "memory:".to_owned()];
    let mut ours = Vec::new();
    for store in &stores {
        let server = Server::start(&session.genesys(), store, asking).await?;
        let answer = session.conclude(server.addr).await?;
        let target = Target::new(server.addr, &session.request, answer)?;
        ours.push((server, Arc::new(target)));
    }
    let ours: [_; 2] = ours.try_into().map_err(|_| anyhow::anyhow!("two services were started"))?;

    let on_redis = &ours[Store::Redis as usize];
    let before = redis.done().await?;
    for _ in 0..COUNTED {
        session.replay(on_redis.0.addr).await?;
    }
    let round_trips = redis.done().await?.scripts - before.scripts;
    ensure!(round_trips == COUNTED, "{COUNTED} replays made {round_trips} round trips; redis-benchmark makes one");
    let command = step::seen(&redis, async { session.replay(on_redis.0.addr).await.map(drop) }).await?;

    let stage = Stage { redis: &redis, command: &command, asking, ours };
    let mut rows: [Vec<Round>; ROWS.len()] = Default::default();
    for round in 0..plan.rounds {
        for turn in 0..ROWS.len() {
            // So that no row always comes first.
            let index = (round + turn) % ROWS.len();
            let (label, asker) = ROWS[index];
            let last = rows[index].last().map_or(20_000.0, |round: &Round| round.throughput);
            rows[index].push(stage.round(asker, plan, last).await.context(label)?);
        }
    }
    ensure!(redis.done().await?.failed == before.failed, "a script failed");
    ensure!(session.upstream_reads() == stores.len(), "a replay was read from Genesys");
    Ok(Table { rows, command })
}

impl Stage<'_> {
    /// `last` is the throughput that is to be expected.
    async fn round(&self, asker: Asker, plan: &Plan, last: f64) -> anyhow::Result<Round> {
        let before = self.redis.done().await?;
        let (mut round, calls) = match asker {
            Asker::Benchmark(shape) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some ten thousand")]
                let times = (last * plan.time.as_secs_f64()) as u64;
                let told = redis_benchmark::run(self.redis, self.asking, self.command, shape, times).await?;
                let (throughput, p50, p99) = (told.throughput, told.p50, told.p99);
                (
                    Round { throughput, p50, p99, service: None, redis: None },
                    self.redis.done().await?.scripts - before.scripts,
                )
            }
            Asker::Service(store) => {
                let (server, target) = &self.ours[store as usize];
                let told = load::measure(server, target, plan.warm_up, plan.time).await?;
                let (throughput, p50, p99) = (told.throughput, told.p50, told.p99);
                (
                    Round { throughput, p50, p99, service: Some(told.cpu), redis: None },
                    self.redis.done().await?.scripts - before.scripts,
                )
            }
        };
        if let Ok(calls @ 1..) = u32::try_from(calls) {
            let cpu = self.redis.done().await?.cpu.saturating_sub(before.cpu);
            round.redis = Some(cpu.as_secs_f64() * 1e6 / f64::from(calls));
        }
        Ok(round)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [script, rest @ ..] = &self.command[..] else { return Err(fmt::Error) };
        writeln!(
            f,
            "a replay makes one round trip to Redis, and so does redis-benchmark: {script}, {} keys and {} arguments",
            rest.get(1).map_or("?", String::as_str),
            rest.len().saturating_sub(4),
        )?;
        writeln!(
            f,
            "{:<26} {:>9} {:>8} {:>8} {:>12} {:>10}   {:<20}",
            "", "calls/s", "p50 us", "p99 us", "service CPU", "Redis CPU", "x redis-benchmark"
        )?;
        for ((label, _), rounds) in ROWS.iter().zip(&self.rows) {
            let median = |value: fn(&Round) -> f64| Spread::of(rounds.iter().map(value)).median;
            let known = |value: fn(&Round) -> Option<f64>| {
                let known: Vec<f64> = rounds.iter().filter_map(value).collect();
                if known.is_empty() {
                    "-".to_owned()
                } else {
                    format!("{:.1} us", Spread::of(known.into_iter()).median)
                }
            };
            writeln!(
                f,
                "{label:<26} {:>9.0} {:>8.0} {:>8.0} {:>12} {:>10}   {:<20}",
                median(|round| round.throughput),
                median(|round| round.p50),
                median(|round| round.p99),
                known(|round| round.service),
                known(|round| round.redis),
                self.ratio(rounds).to_string(),
            )?;
        }
        writeln!(f, "bench-store: replay path {:.2} x redis-benchmark", self.ratio(&self.rows[REPLAY]).median)
    }
}

impl Table {
    fn ratio(&self, rounds: &[Round]) -> Spread {
        Spread::of(rounds.iter().zip(&self.rows[BASE]).map(|(round, base)| round.throughput / base.throughput))
    }
}
