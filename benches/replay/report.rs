//! The table: medians over the rounds, and ratios within each.

use std::time::Duration;

use crate::cores::Cores;
use crate::load::{CONNECTIONS, IN_FLIGHT, Round};
use crate::row::{BASE, REPLAY, ROWS};
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
    /// The encoded lengths of request and answer.
    pub(crate) bytes: (usize, usize),
    /// Reads from Genesys, and the services that made them.
    pub(crate) reads: (usize, usize),
}

impl Report {
    /// Takes in how a row did in the next round.
    pub(crate) fn add(&mut self, row: usize, round: Round) {
        self.rows[row].push(round);
    }

    /// Prints the table.
    #[expect(clippy::print_stdout, reason = "the result")]
    pub(crate) fn print(&self, about: &Circumstances<'_>) {
        let Circumstances { time, cores, bytes: (request, answer), reads: (reads, services) } = about;
        println!(
            "medians of {} interleaved rounds of {time:?}; closed loop, {CONNECTIONS} connections x {IN_FLIGHT} calls in flight",
            self.rows[BASE].len(),
        );
        println!(
            "request {request} bytes, answer {answer} bytes; every answer checked; reads from Genesys: {reads}, by {services} services"
        );
        match cores {
            Some(Cores { server, load }) => println!("pinned: server on core {server}, load on core {load}"),
            None => println!("not pinned: server and load share the cores, so the ratios are rougher"),
        }
        if cfg!(debug_assertions) {
            println!("this is a debug build: the numbers mean little");
        }
        println!();
        println!(
            "{:<24} {:>9} {:>8} {:>8} {:>8} {:>6} {:>5}   {:<20} {:<20}",
            "", "calls/s", "p50 us", "p99 us", "CPU us", "server", "load", "x bare, throughput", "x bare, by CPU"
        );
        for (row, rounds) in ROWS.iter().zip(&self.rows) {
            let median = |value: fn(&Round) -> f64| Spread::of(rounds.iter().map(value)).median;
            println!(
                "{:<24} {:>9.0} {:>8.0} {:>8.0} {:>8.2} {:>5.0}% {:>4.0}%   {:<20} {:<20}",
                row.label,
                median(|round| round.throughput),
                median(|round| round.p50),
                median(|round| round.p99),
                median(|round| round.cpu),
                median(|round| round.busy) * 100.0,
                median(|round| round.load) * 100.0,
                self.throughput(rounds).to_string(),
                self.cpu(rounds).to_string(),
            );
        }
        println!();
        let base = |value: fn(&Round) -> f64| Spread::of(self.rows[BASE].iter().map(value)).median;
        if base(|round| round.busy) < FULLY && base(|round| round.load) < FULLY {
            println!("other work took part of both cores: throughput and latency are rough, processor time less so");
        }
        println!(
            "bench: replay path {:.2} x bare tonic unary (throughput), {:.2} x by server CPU",
            self.throughput(&self.rows[REPLAY]).median,
            self.cpu(&self.rows[REPLAY]).median,
        );
    }

    /// The share of the base's throughput.
    fn throughput(&self, rounds: &[Round]) -> Spread {
        Spread::of(rounds.iter().zip(&self.rows[BASE]).map(|(round, base)| round.throughput / base.throughput))
    }

    /// The share of the base's calls that the same processor time would serve.
    fn cpu(&self, rounds: &[Round]) -> Spread {
        Spread::of(rounds.iter().zip(&self.rows[BASE]).map(|(round, base)| base.cpu / round.cpu))
    }
}
