//! The way to one Genesys Cloud that several adapters share: one token, one set of circuits, one budget.

use std::fmt;
use std::sync::Arc;

use url::Url;

use super::api::Api;
use super::{Settings, join};
use crate::ports::{Budget, Clock, Entropy, UpstreamError};

/// See the module. Clones share all of it.
#[derive(Clone)]
pub struct Link {
    api: Arc<Api>,
    base: Url,
}

// === impl Link ===

impl Link {
    /// Sets up what calls need; connects to nothing yet.
    pub fn new(
        settings: Settings,
        budget: Arc<dyn Budget>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, reqwest::Error> {
        let base = settings.api_url.clone();
        Ok(Self { api: Arc::new(Api::new(settings, budget, clock, entropy)?), base })
    }

    /// Obtains a token, so that a service that is ready can serve. The error is that of the login host itself.
    pub async fn sign_in(&self) -> Result<(), UpstreamError> {
        self.api.sign_in().await
    }

    /// The base of the API.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// A resource of the API.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        join(&self.base, segments)
    }

    /// The calls themselves.
    pub(super) fn api(&self) -> &Api {
        &self.api
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
