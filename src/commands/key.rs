//! `key`: a key for a caller, and the lines that name it.

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::callers::Callers;
use crate::cli::EXIT_USAGE;
use crate::domain::principal::Role;
use crate::terminal;

/// Random bytes in a key: as many as its hash has.
const BYTES: usize = 32;

pub(super) fn run(name: &str, role: Role) -> ExitCode {
    // What stands before it lets scanners for secrets know one of ours.
    let key = format!("sr_{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>()));
    let hash = Sha256::digest(&key).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let (name, role) = (toml::Value::from(name), role.name());
    let text = format!(
        "# The key, for the caller alone; it is kept nowhere else:\n# {key}\n[[api_key]]\nname = {name}\nrole = \"{role}\"\nsha256 = \"{hash}\"\n"
    );
    // What the service would refuse is not given out.
    match Callers::parse(&text) {
        Ok(_) => {
            terminal::say(&text);
            ExitCode::SUCCESS
        }
        Err(problems) => {
            terminal::complain(&format!("session-resumption: {}\n", problems.join("; ")));
            ExitCode::from(EXIT_USAGE)
        }
    }
}
