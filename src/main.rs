//! The program: reads the command line, runs the command, and tells how it ended.

use std::process::ExitCode;

use session_resumption::cli::Cli;
use session_resumption::commands;

fn main() -> ExitCode {
    match Cli::read(std::env::args_os()) {
        Ok(cli) => commands::run(cli.command),
        Err(code) => code,
    }
}
