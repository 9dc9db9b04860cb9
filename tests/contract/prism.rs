//! Prism, as `scripts/setup.sh` installs it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::Running;

/// What makes Prism's inventions the same each time.
const SEED: &str = "--random-seed=7";

/// A mock server that judges what it is asked.
pub(crate) struct Prism {
    pub(crate) url: String,
    _running: Running,
    _files: TempDir,
}

impl Prism {
    /// One that answers what the description has as an example.
    pub(crate) async fn start(description: &Value) -> Self {
        Self::with(description, &[]).await
    }

    /// One that makes up its answers.
    pub(crate) async fn inventing(description: &Value) -> Self {
        Self::with(description, &["--dynamic"]).await
    }

    async fn with(description: &Value, more: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let (file, log) = (files.path().join("openapi.json"), files.path().join("log"));
        fs::write(&file, description.to_string()).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
        // By the program itself: what a wrapper starts would outlive it.
        let mut node = Command::new("node");
        node.arg(SEED).arg(here.join("node_modules/@stoplight/prism-cli/dist/index.js"));
        node.args(["mock", "--errors", "--host", "127.0.0.1", "--port", "0"]).args(more).arg(file);
        node.env("FORCE_COLOR", "0").stdin(Stdio::null()).stderr(Stdio::piped());
        node.stdout(Stdio::from(File::create(&log).unwrap()));
        let mut running = Running::start(node);
        let url = running.until(|_| address(&fs::read_to_string(&log).unwrap_or_default())).await;
        Self { url, _running: running, _files: files }
    }
}

/// The address that Prism says it listens on.
fn address(log: &str) -> Option<String> {
    let (_, told) = log.split_once("Prism is listening on ")?;
    let (address, _) = told.split_once('\n')?;
    Some(address.trim().to_owned())
}
