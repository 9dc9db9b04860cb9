//! `demo`: the guide's story, played against a simulated Genesys Cloud through the public API.

mod chat;
mod examples;
mod scenarios;
mod stage;
mod table;

use std::io::{self, IsTerminal};

use anyhow::bail;
use tracing_subscriber::filter::LevelFilter;

use crate::telemetry::{self, Audit};
use crate::terminal;
use stage::Stage;

/// Plays every scenario once, or stays up to be tried out.
pub(crate) async fn run(once: bool) -> anyhow::Result<()> {
    // The story is told on standard output; the log would only talk over it.
    let level = if once { LevelFilter::OFF } else { LevelFilter::WARN };
    telemetry::install_logs(level, Audit::Logged, terminal::colours(), None);
    let stage = Stage::set().await?;
    let outcome = if once { play(&stage).await } else { examples::stay_up(&stage).await };
    stage.strike().await;
    outcome
}

async fn play(stage: &Stage) -> anyhow::Result<()> {
    let mut table = table::Table::begin(terminal::colours() && io::stdout().is_terminal());
    for scenario in scenarios::ALL {
        table.add(scenario.name, scenario.play(stage).await);
    }
    if table.end() { Ok(()) } else { bail!("a scenario did not end as the guide says") }
}
