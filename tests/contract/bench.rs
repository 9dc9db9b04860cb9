//! Prism, all that it was asked, and its verdict.

use std::fmt::{Debug, Write as _};
use std::io::{self, Write as _};

use serde_json::Value;

use crate::prism::Prism;
use crate::witness::{Judged, Witness};

/// See the module.
pub(crate) struct Bench {
    pub(crate) witness: Witness,
    judged: Vec<Judged>,
}

impl Bench {
    pub(crate) async fn with(description: &Value) -> Self {
        Self { witness: Witness::of(Prism::start(description).await).await, judged: Vec::new() }
    }

    /// Notes what was asked for the sake of an operation, which is to be this, and what came of it.
    pub(crate) fn note(&mut self, operation: &str, came_back: &impl Debug, expected: &[&str]) {
        let asked = self.witness.take();
        tell(operation, &format!("{came_back:?}").chars().take(160).collect::<String>(), &asked);
        let lines: Vec<String> = asked.iter().map(Judged::line).collect();
        self.judged.extend(asked);
        assert_eq!(lines, expected, "{operation}");
    }

    /// Notes requests that were looked at already.
    pub(crate) fn keep(&mut self, operation: &str, came_back: &str, asked: Vec<Judged>) {
        tell(operation, came_back, &asked);
        self.judged.extend(asked);
    }

    /// The verdict on everything.
    pub(crate) fn rest(self) {
        let found: Vec<&Judged> = self.judged.iter().filter(|judged| !judged.violations.is_empty()).collect();
        say(&format!("{} requests judged by Prism, {} violations", self.judged.len(), found.len()));
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// Says what was counted, past the harness, which shows only what failed.
#[expect(clippy::explicit_write, reason = "the harness takes what is printed")]
pub(crate) fn say(counted: &str) {
    writeln!(io::stderr(), "contract: {counted}").unwrap();
}

#[expect(clippy::print_stdout, reason = "what came back is worth a look also if all is well")]
fn tell(operation: &str, came_back: &str, asked: &[Judged]) {
    let mut told = format!("{operation}: {came_back}\n");
    for judged in asked {
        writeln!(told, "  {} -> {}", judged.line(), judged.status.as_u16()).unwrap();
        judged.violations.iter().for_each(|violation| writeln!(told, "    {violation}").unwrap());
    }
    println!("{told}");
}
