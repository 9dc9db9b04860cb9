//! `check`: whether the organisation that is configured is set up for this service.

use std::io::{self, IsTerminal as _};

use anyhow::bail;

use crate::app;
use crate::config::Config;
use crate::genesys::check::{Finding, Verdict};
use crate::telemetry::{self, Audit};
use crate::terminal;

/// Prints what is found as it is found. Fails if anything has to be mended.
pub(super) async fn run(config: Config, probe_writes: bool) -> anyhow::Result<()> {
    // What fails is told in the table.
    telemetry::install_logs(tracing_subscriber::filter::LevelFilter::OFF, Audit::Logged, terminal::colours(), None);
    let colours = terminal::colours() && io::stdout().is_terminal();
    let (mut bad, mut doubtful) = (0, 0);
    app::check(&config, probe_writes, |finding| {
        match finding.verdict {
            Verdict::Good => {}
            Verdict::Doubtful => doubtful += 1,
            Verdict::Bad => bad += 1,
        }
        terminal::say(&rendered(&finding, colours));
    })
    .await?;
    match (bad, doubtful) {
        (0, 0) => terminal::say("\neverything is as it must be\n"),
        (0, _) => {
            terminal::say(&format!("\nnothing has to be mended; {doubtful} could not be told or could be better\n"));
        }
        _ => bail!("{bad} to be mended"),
    }
    Ok(())
}

fn rendered(finding: &Finding, colours: bool) -> String {
    let (word, colour) = match finding.verdict {
        Verdict::Good => ("ok", 32),
        Verdict::Doubtful => ("?", 33),
        Verdict::Bad => ("WRONG", 31),
    };
    let mark = if colours { format!("\u{1b}[{colour}m{word:<5}\u{1b}[0m") } else { format!("{word:<5}") };
    let Finding { what, seen, todo, .. } = finding;
    let todo = todo.as_ref().map(|todo| format!("{:43}-> {todo}\n", "")).unwrap_or_default();
    format!("{mark}  {what:<36}{seen}\n{todo}")
}
