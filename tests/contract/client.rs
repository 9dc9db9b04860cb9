//! Our client of the public API, which may ask as often as it likes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use session_resumption::clock::SystemClock;
use session_resumption::entropy::OsEntropy;
use session_resumption::genesys::{
    MarkerWay, MetadataHome, PlatformConversations, PlatformSettings, ReadMethod, Settings, TokenRefresh,
};
use session_resumption::ports::{Budget, Spent};
use tokio::time::Instant;

/// The threading timeline of the organization.
pub(crate) const TIMELINE: Duration = Duration::from_hours(72);

pub(crate) struct Unlimited;

#[async_trait]
impl Budget for Unlimited {
    async fn take(&self, _: Instant) -> Result<(), Spent> {
        Ok(())
    }
}

/// The client of the API and the login host at this address.
pub(crate) fn client(url: &str, metadata: MetadataHome) -> PlatformConversations {
    let marker = MarkerWay::Agentless { deployment_id: "d0d0d0d0-1111-4222-8333-444444444444".to_owned() };
    let platform =
        PlatformSettings { threading_timeline: TIMELINE, metadata, marker, covered_queues: Arc::from(Vec::new()) };
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(OsEntropy));
    PlatformConversations::new(settings(url), platform, None, Arc::new(Unlimited), clock, entropy).unwrap()
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        api_url: url.parse().unwrap(),
        login_url: url.parse().unwrap(),
        client_id: "a-client".to_owned(),
        client_secret: "a-secret".into(),
        timeout: Duration::from_secs(30),
        read_method: ReadMethod::Get,
        token_refresh: TokenRefresh::Cached,
    }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}
