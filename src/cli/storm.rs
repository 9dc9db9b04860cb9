//! The words of `storm`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What the help says beneath the options.
pub const HELP: &str = "\
Nothing is configured, no socket is opened, and the clock is virtual: minutes pass
in seconds. The service is the real one, over its store in memory; Genesys is played,
with its limit of 300 requests a minute for a token.

The columns, where a browser is all tabs of a session:
  in time      sessions with a decision within 300 s of their drop
  too late     sessions that got one, and were sent to new routing by then
  last answer  when the last session got its decision, from the first drop
  confirmed    sessions whose resumption was counted by the end
  calls, 429s  requests that Genesys got, and how many of them it refused
  requests     calls of the service by a browser: mean, most
  rejections   how many of them were told to come again: mean, most
  budget used  requests that Genesys served until the last answer, of those that it
               allows in the minutes begun by then

Examples:
  session-resumption storm
      10,000 sessions of three tabs, every variant.
  session-resumption storm --sessions 2000 --variant guide --variant ours --svg storm.svg
      Two variants, and the picture of their answers over time.
  session-resumption storm --variant ours-with-mirror --mirror-hit 0.5 --json storm.json
      What a mirror that knows every second session makes of it, second by second.

Exit codes:
  0   played
  1   a file could not be written
  64  the command line cannot be used
";

/// What is played.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Storm {
    /// How many sessions drop
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub sessions: u32,

    /// How many tabs each of them has
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub tabs: u32,

    /// For how many minutes it is watched; six see the window of the last one end
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(6..=600))]
    pub minutes: u32,

    /// What chance follows from: the same seed is the same storm
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// What is played, and may be given several times; everything if it is not given
    #[arg(long, value_enum, value_name = "NAME")]
    pub variant: Vec<Variant>,

    /// The share of sessions that the mirror knows
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, value_parser = share)]
    pub mirror_hit: f64,

    /// Write what happened, second by second, to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Draw the answers over time into this file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// Who answers the customers who come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Variant {
    /// Each tab reads for itself, without a budget and without confirming
    NoCoalescing,
    /// One read for all tabs, a read and a PATCH to confirm, without a budget: as the guide has it
    Guide,
    /// This service with the budget of one OAuth client
    Ours,
    /// The same with a mirror that knows a share of the sessions
    OursWithMirror,
}

// === impl Storm ===

impl Storm {
    /// The variants to play, each once, in their own order.
    pub fn variants(&self) -> Vec<Variant> {
        let all = Variant::value_variants();
        all.iter().copied().filter(|variant| self.variant.is_empty() || self.variant.contains(variant)).collect()
    }
}

// === impl Variant ===

impl Variant {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCoalescing => "no-coalescing",
            Self::Guide => "guide",
            Self::Ours => "ours",
            Self::OursWithMirror => "ours-with-mirror",
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_named_as_it_is_written() {
        for variant in Variant::value_variants() {
            assert_eq!(
                variant.to_possible_value().map(|value| value.get_name().to_owned()),
                Some(variant.name().into())
            );
        }
    }
}
