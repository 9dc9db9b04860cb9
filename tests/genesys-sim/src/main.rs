//! The simulator as a process of its own, for other languages and for trying things by hand.

use std::{io, net::SocketAddr, num::ParseIntError, time::Duration};

use clap::Parser;
use genesys_sim::{ReadMethod, Sim, SimOptions};
use tokio::signal::unix::{SignalKind, signal};

/// A strict, scriptable stand-in for Genesys Cloud.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to listen; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The OAuth client's id
    #[arg(long, default_value = "sim-client")]
    client_id: String,
    /// The OAuth client's secret
    #[arg(long, default_value = "sim-secret")]
    client_secret: String,
    /// How long an access token lives, in seconds
    #[arg(long, default_value = "86400", value_parser = seconds)]
    token_ttl: Duration,
    /// How many API requests a token may make in a minute
    #[arg(long, default_value_t = 300)]
    requests_per_minute: u32,
    /// Terminates a conversation disconnected for longer than this, in seconds
    #[arg(long, value_parser = seconds)]
    auto_close: Option<Duration>,
    /// The method of the read call
    #[arg(long, value_enum, default_value_t = ReadMethod::Post)]
    read_method: ReadMethod,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sim = Sim::start(args.into()).await?;
    announce(&sim);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    sim.stop().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "whoever started the process reads its address there")]
fn announce(sim: &Sim) {
    println!("{}", sim.url());
}

fn seconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse().map(Duration::from_secs)
}

impl From<Args> for SimOptions {
    fn from(args: Args) -> Self {
        Self {
            listen: args.listen,
            client_id: args.client_id,
            client_secret: args.client_secret,
            token_ttl: args.token_ttl,
            requests_per_minute: args.requests_per_minute,
            auto_close: args.auto_close,
            read_method: args.read_method,
            ..Self::default()
        }
    }
}
