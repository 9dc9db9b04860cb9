//! Everything that is wrong with a configuration, told in one run.

use std::fmt;

/// All problems of one load, one a line. No line holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    problems: Vec<String>,
}

impl ConfigErrors {
    pub(super) fn new(problems: Vec<String>) -> Self {
        Self { problems }
    }

    /// The problems, in the order in which they are displayed.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}
