//! `openapi`: the calls by plain HTTP, described.

use crate::server::openapi;
use crate::terminal;

pub(super) fn run() -> anyhow::Result<()> {
    terminal::say(&format!("{:#}\n", openapi::document()?));
    Ok(())
}
