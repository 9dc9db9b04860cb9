//! Reads the files that name callers again when they change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{Authenticator, SessionTokens};
use crate::callers::{Callers, secrets};

/// The files that are watched.
#[derive(Debug, Clone)]
pub struct Files {
    /// Who calls.
    pub callers: Option<PathBuf>,
    /// The secrets of session tokens.
    pub secrets: Option<PathBuf>,
}

impl Files {
    /// What they say now. Fails with everything that is wrong, and no secret.
    pub fn read(&self) -> Result<(Callers, Option<SessionTokens>), String> {
        let callers = match &self.callers {
            Some(path) => Callers::load(path)
                .map_err(|problems| format!("auth.callers_file: {}: {}", path.display(), problems.join("; ")))?,
            None => Callers::default(),
        };
        let tokens = match &self.secrets {
            Some(path) => {
                let named = |why: String| format!("auth.session_token_secret_file: {}: {why}", path.display());
                let text = std::fs::read_to_string(path).map_err(|error| named(format!("cannot be read: {error}")))?;
                SessionTokens::new(&secrets(&text).map_err(named)?)
            }
            None => None,
        };
        Ok((callers, tokens))
    }

    /// A digest of all that they say, of the files they name too.
    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut add = |path: &PathBuf| {
            // A file that cannot be read is another than one that can.
            let content = std::fs::read(path).map_err(|error| error.kind().to_string());
            digest.update(format!("{}\n{}\n", path.display(), content.is_ok()));
            digest.update(content.unwrap_or_default());
        };
        self.secrets.iter().for_each(&mut add);
        if let Some(path) = &self.callers {
            add(path);
            named(path).iter().for_each(add);
        }
        digest.finalize().into()
    }
}

/// The files with keys that a callers file names, as far as it can be read.
fn named(callers: &PathBuf) -> Vec<PathBuf> {
    let table: Option<toml::Table> = std::fs::read_to_string(callers).ok().and_then(|text| text.parse().ok());
    let issuers = table.as_ref().and_then(|table| table.get("issuer")?.as_array());
    let path = |issuer: &toml::Value| {
        ["secret_file", "key_file"].iter().find_map(|key| issuer.get(key)?.as_str().map(PathBuf::from))
    };
    issuers.into_iter().flatten().filter_map(path).collect()
}

/// Looks at the files every so often, and whenever it is told to, for as long as it is polled. What they say counts at once if it is right; if not, what was known
/// stays known, and the log says why.
pub async fn keep(authenticator: Arc<Authenticator>, files: Files, every: Duration, now: Arc<Notify>) {
    let mut seen = files.digest();
    loop {
        // Whichever comes first.
        let _ = timeout(every, now.notified()).await;
        let now = files.digest();
        if now == seen {
            continue;
        }
        seen = now;
        let replaced = files
            .read()
            .and_then(|(callers, tokens)| authenticator.replace(callers, tokens).map_err(|error| error.to_string()));
        match replaced {
            Ok(()) => tracing::info!("callers were read anew"),
            Err(why) => tracing::error!(why, "callers were not read anew; those known before stay known"),
        }
    }
}
