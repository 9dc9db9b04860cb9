//! The table: medians over the rounds, and ratios within each.

use std::time::Duration;

use prost::Message as _;
use session_resumption::pb;

use crate::cores::Cores;
use crate::load::{CONNECTIONS, IN_FLIGHT, Round};
use crate::row::{BASE, LAYERED, ONE_THREAD_BASE, REPLAY, ROWS, Row};
use crate::spread::Spread;

/// On a quiet machine either the server or the load uses at least so much of its core.
const FULLY: f64 = 0.9;

/// All rounds of all rows.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: [Vec<Round>; ROWS.len()],
}

/// What is told beside the numbers.
#[derive(Debug)]
pub(crate) struct Circumstances<'a> {
    /// How long each round measured.
    pub(crate) time: Duration,
    /// Who ran where.
    pub(crate) cores: Option<&'a Cores>,
    /// What was asked.
    pub(crate) session: &'a pb::ValidateSessionRequest,
}

impl Report {
    /// Takes in how a row did in the next round.
    pub(crate) fn add(&mut self, row: usize, round: Round) {
        self.rows[row].push(round);
    }

    /// Prints the table.
    #[expect(clippy::print_stdout, reason = "the result")]
    pub(crate) fn print(&self, about: &Circumstances<'_>) {
        let Circumstances { time, cores, session } = about;
        println!(
            "medians of {} interleaved rounds of {time:?}; closed loop, {CONNECTIONS} connections x {IN_FLIGHT} calls in flight",
            self.rows[BASE].len(),
        );
        println!("requests of {} bytes, and every answer checked", session.encoded_len());
        match cores {
            Some(Cores { server, load }) => println!("pinned: server on core {server}, load on core {load}"),
            None => println!("not pinned: server and load share the cores, so the ratios are rougher"),
        }
        if cfg!(debug_assertions) {
            println!("this is a debug build: the numbers mean little");
        }
        println!();
        println!(
            "{:<28} {:>9} {:>8} {:>8} {:>8} {:>6} {:>5}   {:<20} {:<20}",
            "", "calls/s", "p50 us", "p99 us", "CPU us", "server", "load", "x bare, throughput", "x bare, by CPU"
        );
        for (row, rounds) in ROWS.iter().zip(&self.rows) {
            let median = |value: fn(&Round) -> f64| Spread::of(rounds.iter().map(value)).median;
            println!(
                "{:<28} {:>9.0} {:>8.0} {:>8.0} {:>8.2} {:>5.0}% {:>4.0}%   {:<20} {:<20}",
                row.label,
                median(|round| round.throughput),
                median(|round| round.p50),
                median(|round| round.p99),
                median(|round| round.cpu),
                median(|round| round.busy) * 100.0,
                median(|round| round.load) * 100.0,
                self.throughput(row, rounds).to_string(),
                self.cpu(row, rounds).to_string(),
            );
        }
        println!();
        let base = |value: fn(&Round) -> f64| Spread::of(self.rows[BASE].iter().map(value)).median;
        if base(|round| round.busy) < FULLY && base(|round| round.load) < FULLY {
            println!("other work took part of both cores: throughput and latency are rough, processor time less so");
        }
    }

    /// Microseconds of the processor for a bare call, where it costs least.
    pub(crate) fn bare(&self) -> f64 {
        Spread::of(self.rows[ONE_THREAD_BASE].iter().map(|round| round.cpu)).median
    }

    /// Prints what it comes down to.
    #[expect(clippy::print_stdout, reason = "the result")]
    pub(crate) fn close(&self) {
        for (what, row) in [("all layers", LAYERED), ("replay path", REPLAY)] {
            println!(
                "bench: {what} {:.2} x bare tonic unary (throughput), {:.2} x by server CPU",
                self.throughput(&ROWS[row], &self.rows[row]).median,
                self.cpu(&ROWS[row], &self.rows[row]).median,
            );
        }
    }

    /// The share of the base's throughput.
    fn throughput(&self, row: &Row, rounds: &[Round]) -> Spread {
        let base = &self.rows[row.base()];
        Spread::of(rounds.iter().zip(base).map(|(round, base)| round.throughput / base.throughput))
    }

    /// The share of the base's calls that the same processor time would serve.
    fn cpu(&self, row: &Row, rounds: &[Round]) -> Spread {
        let base = &self.rows[row.base()];
        Spread::of(rounds.iter().zip(base).map(|(round, base)| base.cpu / round.cpu))
    }
}
