//! The table that the storm prints.

use std::time::Duration;

use super::outcome::{Each, Outcome};
use crate::cli::storm::Storm;

const HEADS: [&str; 10] = [
    "variant",
    "in time",
    "too late",
    "last answer",
    "confirmed",
    "calls",
    "429s",
    "requests",
    "rejections",
    "budget used",
];
const WIDTHS: [usize; 10] = [16, 8, 9, 11, 9, 9, 9, 13, 13, 11];

/// What is played, and the names of the columns.
pub(super) fn head(storm: &Storm) -> String {
    let Storm { sessions, tabs, minutes, seed, mirror_hit, .. } = storm;
    let known = mirror_hit * 100.0;
    let played = format!(
        "{sessions} sessions of {tabs} tabs drop within a minute and are watched for {minutes}; seed {seed}, the mirror knows {known:.0} %\n\n"
    );
    played + &line(&HEADS.map(str::to_owned))
}

/// One variant.
pub(super) fn row(outcome: &Outcome) -> String {
    let share = |part: u32| percent(f64::from(part) / f64::from(outcome.sessions().max(1)));
    line(&[
        outcome.variant.name().to_owned(),
        share(outcome.in_time()),
        share(outcome.too_late()),
        outcome.last_answer().map_or_else(|| format!("{} wait", outcome.sessions() - outcome.answered()), clock),
        share(outcome.confirmed()),
        outcome.calls().to_string(),
        outcome.refused().to_string(),
        each(outcome.requests()),
        each(outcome.rejections()),
        percent(outcome.budget_used()),
    ])
}

/// The first cell stands to the left, the others to the right.
fn line(cells: &[String; 10]) -> String {
    let [first, rest @ ..] = cells;
    let [width, widths @ ..] = WIDTHS;
    let rest = rest.iter().zip(widths).map(|(cell, width)| format!("  {cell:>width$}"));
    format!("{first:width$}{}\n", rest.collect::<String>())
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn clock(time: Duration) -> String {
    format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
}

fn each(Each { mean, most }: Each) -> String {
    format!("{mean:.1}, {most}")
}
