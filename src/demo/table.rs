//! The table that the demo prints.

use super::contract::Contract;
use super::scenarios::Played;
use crate::terminal;

const HEADS: [&str; 7] = ["scenario", "decision", "route", "calls", "markers", "count", "verdict"];
const WIDTHS: [usize; 6] = [38, 26, 15, 5, 7, 5];

pub(super) struct Table {
    contract: Contract,
    colours: bool,
    played: usize,
    right: usize,
}

impl Table {
    pub(super) fn begin(contract: Contract, colours: bool) -> Self {
        print_line(contract.pick("Genesys as the guide has it", "\nGenesys' public API"));
        print_line(&row(HEADS));
        Self { contract, colours, played: 0, right: 0 }
    }

    /// Prints a scenario as soon as it was played.
    pub(super) fn add(&mut self, name: &str, played: anyhow::Result<Played>) {
        let (texts, verdict) = match played {
            Ok(played) => {
                let verdict = played.wrong.first().map(|wrong| format!("WRONG: {wrong}"));
                ([played.decision, played.route, played.calls, played.markers, played.count], verdict)
            }
            Err(error) => (Default::default(), Some(format!("WRONG: {error:#}"))),
        };
        self.played += 1;
        self.right += usize::from(verdict.is_none());
        let verdict = match (verdict, self.colours) {
            (None, false) => "ok".to_owned(),
            (None, true) => "\u{1b}[32mok\u{1b}[0m".to_owned(),
            (Some(wrong), false) => wrong,
            (Some(wrong), true) => format!("\u{1b}[31m{wrong}\u{1b}[0m"),
        };
        let [decision, route, calls, markers, count] = &texts;
        print_line(&row([name, decision, route, calls, markers, count, &verdict]));
    }

    /// Prints the sum and says whether everything was right.
    pub(super) fn end(self) -> bool {
        let says = self.contract.pick("as the guide says", "as they must");
        print_line(&format!("\n{} of {} scenarios ended {says}", self.right, self.played));
        self.right == self.played
    }
}

fn row(cells: [&str; 7]) -> String {
    let padded = cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:width$}  "));
    padded.collect::<String>() + cells[6]
}

fn print_line(line: &str) {
    terminal::say(&format!("{line}\n"));
}
