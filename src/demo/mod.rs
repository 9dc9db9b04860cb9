//! `demo`: the guide's story, played against a simulated Genesys Cloud through the public API.

mod chat;
mod contract;
mod examples;
mod people;
mod scenarios;
mod stage;
mod table;

use std::io::{self, IsTerminal};

use anyhow::bail;
use tracing_subscriber::filter::LevelFilter;

use crate::telemetry::{self, Audit};
use crate::terminal;
use contract::Contract;
use stage::Stage;

/// Plays every scenario once, or stays up to be tried out.
pub(crate) async fn run(once: bool) -> anyhow::Result<()> {
    // The story is told on standard output; the log would only talk over it.
    let level = if once { LevelFilter::OFF } else { LevelFilter::WARN };
    telemetry::install_logs(level, Audit::Logged, terminal::colours(), None);
    if once {
        return play().await;
    }
    let stage = Stage::set(Contract::Guide).await?;
    let outcome = examples::stay_up(&stage).await;
    stage.strike().await;
    outcome
}

/// Plays everything on both contracts, each with a service and a Genesys of its own.
async fn play() -> anyhow::Result<()> {
    let colours = terminal::colours() && io::stdout().is_terminal();
    let mut right = true;
    for contract in Contract::ALL {
        let stage = Stage::set(contract).await?;
        let mut table = table::Table::begin(contract, colours);
        for scenario in scenarios::ALL {
            table.add(scenario.name, scenario.play(&stage).await);
        }
        right &= table.end();
        stage.strike().await;
    }
    if right { Ok(()) } else { bail!("a scenario did not end as it must") }
}
