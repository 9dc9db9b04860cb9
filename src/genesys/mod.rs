//! Genesys Cloud over HTTP: one adapter for each contract it is spoken by, over a shared way of signing in and sending.
//!
//! Outermost first: [`guide`] and [`platform`] each word a contract and [`notifications`] listen to the platform, over a [`Link`];
//! `api` runs one call (circuit, token, budget, tries), `client` makes one exchange, `answer` reads what came back.

mod answer;
mod api;
mod breaker;
pub mod check;
mod circuit;
mod client;
mod error_body;
mod forbidden;
pub mod guide;
mod link;
pub mod notifications;
mod observe;
mod operation;
pub mod platform;
mod retries;
mod spans;
mod token;
mod wire;

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

pub use guide::GuideConversations;
pub use link::Link;
pub use platform::{MarkerWay, MetadataHome, PlatformConversations, PlatformSettings};

/// How Genesys is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The base of the API, such as `https://api.mypurecloud.de`.
    pub api_url: Url,
    /// The base of the login host of the same region.
    pub login_url: Url,
    /// The OAuth client's id.
    pub client_id: String,
    /// The OAuth client's secret.
    pub client_secret: SecretString,
    /// How long one exchange may take.
    pub timeout: Duration,
    /// The method of the guide's read.
    pub read_method: ReadMethod,
    /// When a token is minted.
    pub token_refresh: TokenRefresh,
}

/// The method of the guide's read: it prints POST, where HTTP would have GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMethod {
    /// As the guide prints it.
    Post,
    /// As HTTP would have it.
    Get,
}

/// When a token is minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefresh {
    /// Early enough before the last one ends; all calls share it.
    Cached,
    /// For every call, as the guide has it. Minting is itself limited, so this does not scale.
    PerRequest,
}

/// The URL with segments added to its path, each escaped, so that no segment can become two or leave its place.
fn join<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    // A URL without a path cannot be sent to either: the exchange fails as unreachable.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_stay_segments() {
        for (base, joined) in [
            ("https://api.example", "https://api.example/a/..b/c%2Fd%3Fe%23f%25"),
            ("https://api.example/", "https://api.example/a/..b/c%2Fd%3Fe%23f%25"),
            ("https://example/genesys/", "https://example/genesys/a/..b/c%2Fd%3Fe%23f%25"),
        ] {
            let base = Url::parse(base).unwrap();
            assert_eq!(join(&base, ["a", "..b", "c/d?e#f%"]).as_str(), joined);
        }
        let nowhere = Url::parse("mailto:someone@example").unwrap();
        assert_eq!(join(&nowhere, ["a"]), nowhere);
    }
}
