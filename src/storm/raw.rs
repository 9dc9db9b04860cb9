//! What happened, second by second, for programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::outcome::{Each, Outcome};
use super::tally::Browser;
use crate::cli::storm::Storm;

/// Everything as one document.
pub(super) fn text(storm: &Storm, outcomes: &[Outcome]) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&document(storm, outcomes))? + "\n")
}

pub(super) fn document(storm: &Storm, outcomes: &[Outcome]) -> Value {
    json!({
        "sessions": storm.sessions,
        "tabs": storm.tabs,
        "minutes": storm.minutes,
        "seed": storm.seed,
        "mirrorHit": storm.mirror_hit,
        "variants": outcomes.iter().map(variant).collect::<Vec<_>>(),
    })
}

fn variant(outcome: &Outcome) -> Value {
    let counts = &outcome.counts;
    json!({
        "variant": outcome.variant.name(),
        "answered": outcome.answered(),
        "inTime": outcome.in_time(),
        "tooLate": outcome.too_late(),
        "confirmed": outcome.confirmed(),
        "lastAnswerSeconds": outcome.last_answer().map(|last| last.as_secs_f64()),
        "calls": outcome.calls(),
        "refused": outcome.refused(),
        "requests": each(outcome.requests()),
        "rejections": each(outcome.rejections()),
        "budgetUsed": outcome.budget_used(),
        "bySecond": {
            "answered": counts.answered,
            "confirmed": counts.confirmed,
            "served": counts.served,
            "refused": counts.refused,
        },
        "browsers": {
            "answeredSecondsAfterDrop":
                histogram(&counts.browsers, |browser| Some(begun_seconds(browser.first?.after))),
            "requests": histogram(&counts.browsers, |browser| usize::try_from(browser.requests).ok()),
            "rejections": histogram(&counts.browsers, |browser| usize::try_from(browser.rejections).ok()),
            "decisions": histogram(&counts.browsers, |browser| usize::try_from(browser.decisions).ok()),
        },
    })
}

fn each(Each { mean, most }: Each) -> Value {
    json!({"mean": mean, "most": most})
}

/// How many browsers have each value: what stands at place n had n.
fn histogram(browsers: &[Browser], value: impl Fn(&Browser) -> Option<usize>) -> Vec<u32> {
    let mut had = Vec::new();
    for value in browsers.iter().filter_map(value) {
        if had.len() <= value {
            had.resize(value + 1, 0);
        }
        had[value] += 1;
    }
    had
}

/// A second that has begun counts, so that 300 s and less are the places up to 300.
fn begun_seconds(time: Duration) -> usize {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    usize::try_from(seconds).unwrap_or(usize::MAX)
}
