//! How far the storm has come, on standard error and only where that is a terminal.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::sleep;

use super::tally::Tally;
use crate::cli::storm::{Storm, Variant};
use crate::terminal;

const SECOND: Duration = Duration::from_secs(1);

/// A bar as long as a variant is watched. It draws nothing where nobody could see it move.
pub(super) fn bar(storm: &Storm) -> ProgressBar {
    let seconds = u64::from(storm.minutes) * 60;
    let bar = ProgressBar::with_draw_target(Some(seconds), ProgressDrawTarget::stderr());
    let template = if terminal::colours() {
        "{prefix:16} {bar:40.cyan} {pos}/{len} s, {msg} answered"
    } else {
        "{prefix:16} {bar:40} {pos}/{len} s, {msg} answered"
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn begins(bar: &ProgressBar, variant: Variant) {
    bar.set_prefix(variant.name());
    bar.set_message("0");
    bar.set_position(0);
}

/// Moves it on with each second of the storm.
pub(super) async fn show(bar: ProgressBar, tally: Arc<Tally>) {
    loop {
        sleep(SECOND).await;
        bar.set_message(tally.answered().to_string());
        bar.inc(1);
    }
}
