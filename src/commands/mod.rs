//! What each command of the command line does.

mod check;
mod healthcheck;
mod key;
mod openapi;
mod serve;

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::cli::{Command, ConfigFile, EXIT_FAILURE, EXIT_USAGE};
use crate::config::Config;
use crate::terminal;

/// How long the process waits for threads that nobody waits for.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// Runs a command and says how it ended.
pub fn run(command: Command) -> ExitCode {
    match command {
        Command::Serve(file) => with_config(&file, |config| finish(serve::run(config))),
        Command::Config(file) => with_config(&file, |config| {
            terminal::say(&config.render());
            ExitCode::SUCCESS
        }),
        Command::Check { file, probe_writes } => with_config(&file, |config| finish(check::run(config, probe_writes))),
        Command::Key { name, role } => key::run(&name, role),
        Command::Healthcheck { address, ca_file, server_name, timeout } => {
            finish(healthcheck::run(address, ca_file, server_name, timeout))
        }
        Command::Openapi => finish(async { openapi::run() }),
        #[cfg(feature = "demo")]
        Command::Demo { once } => finish(crate::demo::run(once)),
        #[cfg(feature = "demo")]
        Command::Storm(storm) => ended(crate::storm::run(&storm)),
    }
}

fn with_config(file: &ConfigFile, then: impl FnOnce(Config) -> ExitCode) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read and handed on")]
    let environment = std::env::vars_os();
    match Config::load(file.path.as_deref(), environment) {
        Ok(config) => then(config),
        Err(errors) => {
            terminal::complain(&format!("session-resumption: {errors}\n"));
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// Runs a command's work on a runtime of its own.
fn finish(work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let outcome = Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(work);
        // A name that is still being looked up must not hold up the end.
        runtime.shutdown_timeout(LAST_MOMENT);
        outcome
    });
    ended(outcome)
}

fn ended(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("session-resumption: {error:#}\n"));
            ExitCode::from(EXIT_FAILURE)
        }
    }
}
