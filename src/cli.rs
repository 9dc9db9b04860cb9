//! The command line: what can be asked of the program, and the help that teaches it. Nothing is carried out here.

#[cfg(feature = "demo")]
pub mod storm;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use http::Uri;

use crate::config;
use crate::domain::principal::Role;

/// The exit code of a run that failed.
pub const EXIT_FAILURE: u8 = 1;

/// The exit code of a command line or a configuration that cannot be used (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: u8 = 64;

const ABOUT: &str = "\
Brings a customer's Genesys Cloud web chat back after a drop: same conversation,
same agent, same queue, exactly once.

A customer chats with an agent; the network drops, the page is refreshed, or a
second tab opens. This service decides with authority whether the customer goes
back to the conversation or starts over, confirms that the re-attachment
happened, and restores context in the transcript.";

const DEMO_EXAMPLE: &str = if cfg!(feature = "demo") {
    "
  session-resumption demo
      See it work, with a simulated Genesys Cloud and no configuration.
  session-resumption storm
      See what becomes of ten thousand customers who come back at once."
} else {
    ""
};

const EXAMPLES: &str = "
  session-resumption config --config /etc/session-resumption.toml
      Check a configuration and see what is in force, before serving with it.
  session-resumption check --config /etc/session-resumption.toml
      Ask Genesys whether the organisation is set up, and what to do if not.
  session-resumption serve --config /etc/session-resumption.toml
      Serve.
  session-resumption healthcheck
      Ask a running service on this host whether it is ready.
";

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed while running
  64  the command line or the configuration cannot be used; all that is wrong
      with the configuration is told in one run
";

const SETTINGS: &str = "\
The smallest configuration file:
  [genesys]
  profile = \"guide\"
  api_url = \"https://api.mypurecloud.com\"
  login_url = \"https://login.mypurecloud.com\"
  client_id = \"YOUR-OAUTH-CLIENT-ID\"
  client_secret_file = \"/run/secrets/genesys\"

Environment variables:
  SESSION_RESUMPTION_CONFIG
      The configuration file, as --config.
  SESSION_RESUMPTION__SECTION__KEY
      Any one key, with two underscores where the file has a dot. It wins over
      the file: SESSION_RESUMPTION__GENESYS__TIMEOUT=5s sets genesys.timeout,
      SESSION_RESUMPTION__POLICY__WINDOWS__ACTIVE=300s sets policy.windows.active.
  NO_COLOR
      Any value but an empty one: no colours, here or in what is printed.

`session-resumption config --help` lists every key.
";

/// The command line of the program.
#[derive(Debug, Parser)]
#[command(name = "session-resumption", version, about, long_about = ABOUT)]
#[command(after_help = format!("Examples:{DEMO_EXAMPLE}{EXAMPLES}\n{EXIT_CODES}\n{SETTINGS}"), arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until told to stop (SIGTERM or SIGINT), then let calls in flight finish
    #[command(after_help = format!("{EXIT_CODES}\n{SETTINGS}"))]
    Serve(ConfigFile),

    /// Show a drop and a resumption against a simulated Genesys Cloud; needs no configuration
    #[cfg(feature = "demo")]
    Demo {
        /// Play every scenario once and end, instead of staying up to be tried out
        #[arg(long)]
        once: bool,
    },

    /// Play customers who all come back at once, and who is answered in time; needs no configuration
    #[cfg(feature = "demo")]
    #[command(after_help = storm::HELP)]
    Storm(storm::Storm),

    /// Check the configuration and print what is in force, each value with its origin, secrets redacted
    #[command(after_help = format!("{EXIT_CODES}\n{SETTINGS}"))]
    #[command(after_long_help = format!("{EXIT_CODES}\n{SETTINGS}\nEvery key:\n{}", config::reference()))]
    Config(ConfigFile),

    /// Ask Genesys Cloud whether the organisation is set up: credentials, reachability, clock, limits, permissions, topics
    #[command(after_help = format!("{CHECK_HELP}\n{SETTINGS}"))]
    Check {
        /// Where the configuration stands
        #[command(flatten)]
        file: ConfigFile,

        /// Also try the permissions to write, by requests about conversations that do not exist or with bodies that say nothing
        #[arg(long)]
        probe_writes: bool,
    },

    /// Make a key for a caller, and the lines that name it in the file of `auth.callers_file`
    #[command(after_help = KEY_HELP)]
    Key {
        /// The caller's name, for the audit record
        #[arg(long)]
        name: String,

        /// What it may call: service, architect, operator or events
        #[arg(long, value_parser = role)]
        role: Role,
    },

    /// Print the OpenAPI document of the calls by plain HTTP; a running service serves it at /openapi.json
    Openapi,

    /// Ask a running service whether it is ready (grpc.health.v1), for probes in images without a shell
    #[command(
        after_help = "Exit codes:\n  0   the service answered SERVING\n  1   it answered otherwise or not in time\n  64  the command line cannot be used\n"
    )]
    Healthcheck {
        /// Where the service listens: http:// in the clear, https:// by TLS
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50051", value_parser = address)]
        address: Uri,

        /// The certificates of the authorities that sign the service's, in PEM; without them the system's are trusted
        #[arg(long, value_name = "PATH")]
        ca_file: Option<PathBuf>,

        /// The name that the service's certificate shows, if it is not the address's: a probe asks 127.0.0.1
        #[arg(long, value_name = "NAME")]
        server_name: Option<String>,

        /// How long to wait for the answer, with its unit
        #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = config::duration)]
        timeout: Duration,
    },
}

/// Where the configuration stands.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The configuration file (TOML); without one, the environment alone configures the service
    #[arg(long = "config", value_name = "PATH", env = "SESSION_RESUMPTION_CONFIG")]
    pub path: Option<PathBuf>,
}

impl Cli {
    /// Reads the command line. When there is nothing to carry out, because help was asked for or the words make no sense, clap has
    /// printed what there is to say and the exit code is returned: ours, since clap's own 2 says nothing to a supervisor.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, ExitCode> {
        Self::try_parse_from(words).map_err(|error| {
            // A closed pipe leaves nobody to tell.
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS }
        })
    }
}

const CHECK_HELP: &str = "\
Changes nothing: it reads, and without --probe-writes it does nothing else. Each
line tells what was asked and seen, and beneath it what to do, if anything:
ok is as it must be, ? could not be told or could be better, WRONG has to be
mended. Its requests count against the organisation's limit.

Exit codes:
  0   nothing has to be mended
  1   something has
  64  the command line or the configuration cannot be used
";

const KEY_HELP: &str = "\
The key is printed once and kept nowhere; the file has its hash. The caller sends it
as the header X-Api-Key. To change a key, name a second one, give it out, and take
the first one away: the service reads the file anew within seconds.

Example:
  session-resumption key --name chat-backend --role service >> callers.toml
      The key stands in a comment above the lines: move it to where it is needed.
";

fn role(text: &str) -> Result<Role, String> {
    match Role::named(text) {
        Some(Role::Browser) | None => Err("one of service, architect, operator, events".to_owned()),
        Some(role) => Ok(role),
    }
}

fn address(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("not a URL: {error}"))?;
    if matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty()) {
        Ok(uri)
    } else {
        Err("write http://HOST:PORT or https://HOST:PORT".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::config::Config;

    fn parse(words: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(words.split(' ')).map(|cli| cli.command)
    }

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_carry_their_arguments() {
        for line in ["x serve --config a.toml", "x config --config a.toml"] {
            let (Command::Serve(file) | Command::Config(file)) = parse(line).unwrap() else { panic!("{line}") };
            assert_eq!(file.path, Some(PathBuf::from("a.toml")));
        }
        #[cfg(feature = "demo")]
        {
            assert!(matches!(parse("x demo --once").unwrap(), Command::Demo { once: true }));
            let Command::Storm(storm) = parse("x storm --tabs 2 --variant ours --variant guide").unwrap() else {
                panic!("storm")
            };
            let variants = [storm::Variant::Guide, storm::Variant::Ours];
            assert_eq!((storm.sessions, storm.tabs, storm.variants()), (10_000, 2, variants.to_vec()));
        }
    }

    #[test]
    fn a_healthcheck_asks_this_host_by_default() {
        let Command::Healthcheck { address, timeout, .. } = parse("x healthcheck").unwrap() else {
            panic!("healthcheck")
        };
        assert_eq!((address.to_string().as_str(), timeout.as_secs()), ("http://127.0.0.1:50051/", 3));
    }

    #[test]
    fn words_that_make_no_sense_are_refused() {
        let lines = [
            "x nope",
            "x serve --config",
            "x serve --config=",
            "x serve extra",
            "x healthcheck --timeout 3",
            "x healthcheck --address 127.0.0.1:50051",
            "x healthcheck --address ftp://127.0.0.1:50051",
            "x key --name a",
            "x key --name a --role browser",
            "x key --name a --role root",
            "x healthcheck --address /",
            "x storm --sessions 0",
            "x storm --minutes 5",
            "x storm --mirror-hit 1.1",
            "x storm --mirror-hit NaN",
            "x storm --variant theirs",
        ];
        for line in lines {
            let error = parse(line).expect_err(line);
            assert!(error.use_stderr(), "{line}");
            assert_eq!(Cli::read(line.split(' ').map(OsString::from)).unwrap_err(), ExitCode::from(EXIT_USAGE));
        }
    }

    #[test]
    fn help_is_no_failure() {
        for line in ["x --help", "x -h", "x help serve", "x config --help", "x --version"] {
            assert_eq!(Cli::read(line.split(' ').map(OsString::from)).unwrap_err(), ExitCode::SUCCESS);
        }
    }

    #[test]
    fn the_smallest_file_of_the_help_is_enough() {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join("secret");
        std::fs::write(&secret, "hunter2\n").unwrap();
        let example: Vec<&str> = SETTINGS.lines().skip(1).take_while(|line| !line.is_empty()).collect();
        let path = dir.path().join("config.toml");
        let text = example.join("\n").replace("/run/secrets/genesys", secret.to_str().unwrap());
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path), std::iter::empty::<(String, String)>()).unwrap();
    }
}
