//! One run of `redis-benchmark`, which sends one command again and again.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::redis_server::RedisServer;

/// How it shares out what is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As many connections, each with one command at a time.
    Connections(usize),
    /// One connection with as many commands at a time, which is how a multiplexed one is used.
    Pipeline(usize),
}

/// What it measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) throughput: f64,
    /// In microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Sends the command so many times.
pub(crate) async fn run(
    redis: &RedisServer,
    core: Option<&str>,
    command: &[String],
    shape: Shape,
    times: u64,
) -> anyhow::Result<Measured> {
    let (clients, pipeline) = match shape {
        Shape::Connections(count) => (count, 1),
        Shape::Pipeline(count) => (1, count),
    };
    let mut benchmark = match core {
        Some(core) => {
            let mut taskset = Command::new("taskset");
            taskset.args(["-c", core, "redis-benchmark"]);
            taskset
        }
        None => Command::new("redis-benchmark"),
    };
    benchmark
        .args(["-h", "127.0.0.1", "-p", &redis.port().to_string(), "--csv", "-n", &times.to_string()])
        .args(["-c", &clients.to_string(), "-P", &pipeline.to_string()])
        .args(command)
        .stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || benchmark.output()).await?.context("no redis-benchmark")?;
    let told = String::from_utf8(ended.stdout)?;
    ensure!(ended.status.success(), "redis-benchmark failed: {told}");
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"; the
    // test's name is the command and may hold anything.
    let last = told.trim().lines().last().context("redis-benchmark said nothing")?;
    let fields: Vec<f64> = last.rsplit(',').map_while(|field| field.trim_matches('"').parse().ok()).collect();
    let from_the_end = |place: usize| fields.get(place).copied().with_context(|| format!("not as expected: {told}"));
    Ok(Measured { throughput: from_the_end(6)?, p50: from_the_end(3)? * 1_000.0, p99: from_the_end(1)? * 1_000.0 })
}
