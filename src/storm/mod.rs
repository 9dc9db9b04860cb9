//! `storm`: everybody comes back at once, on a virtual clock, and what becomes of them by who answers.

mod chance;
mod crowd;
mod genesys;
mod limit;
mod mirror;
mod outcome;
mod people;
mod picture;
mod progress;
mod raw;
mod stage;
mod table;
mod tally;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;
use tokio::runtime::Builder;
use tokio::time::timeout_at;

use crate::cli::storm::{Storm, Variant};
use crate::terminal;
use outcome::Outcome;
use stage::Stage;

/// Plays what is asked for, one variant after the other.
pub(crate) fn run(storm: &Storm) -> anyhow::Result<()> {
    let mut outcomes = Vec::new();
    let bar = progress::bar(storm);
    terminal::say(&table::head(storm));
    for variant in storm.variants() {
        progress::begins(&bar, variant);
        let outcome = play(storm, variant, &bar)?;
        bar.suspend(|| terminal::say(&table::row(&outcome)));
        outcomes.push(outcome);
    }
    bar.finish_and_clear();
    if let Some(path) = &storm.json {
        write(path, &raw::text(storm, &outcomes)?)?;
    }
    if let Some(path) = &storm.svg {
        write(path, &picture::draw(storm, &outcomes)?)?;
    }
    Ok(())
}

/// Plays one variant on a runtime of its own. Its clock stands still while there is work, and else leaps to whatever is due next.
fn play(storm: &Storm, variant: Variant, bar: &ProgressBar) -> anyhow::Result<Outcome> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let stage = Arc::new(Stage::set(storm, variant).await?);
        for session in 0..stage.sessions.len() {
            for tab in 0..stage.tabs.len() {
                stage.people.spawn(people::tab(Arc::clone(&stage), session, tab));
            }
        }
        stage.people.close();
        let shown = tokio::spawn(progress::show(bar.clone(), Arc::clone(&stage.tally)));
        let end = stage.began + Duration::from_mins(storm.minutes.into());
        // Whoever is not done by then is counted as not answered.
        let _ = timeout_at(end, stage.people.wait()).await;
        shown.abort();
        Ok(Outcome::of(variant, stage.tally.counts()))
    })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests;
