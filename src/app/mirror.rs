//! How conversations are followed, as the configuration has it.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::config::MirrorConfig;
use crate::genesys::notifications::{self, Listening};
use crate::genesys::{Link, platform};
use crate::ports::{Entropy, Mirror};
use crate::service::Ports;
use crate::service::events::Events;

/// How long a feed lasts without being heard of; as long the others wait for a replica that died while it listened.
const HOLD: Duration = Duration::from_secs(90);

/// What listens for all replicas, or stands by to.
#[derive(Clone)]
pub(super) struct Follower {
    link: Link,
    mirror: Arc<dyn Mirror>,
    entropy: Arc<dyn Entropy>,
    listening: Listening,
}

impl Follower {
    /// None if there is nothing to listen to.
    pub(super) fn new(
        config: &MirrorConfig,
        link: Option<Link>,
        mirror: Option<Arc<dyn Mirror>>,
        entropy: Arc<dyn Entropy>,
    ) -> Option<Self> {
        let MirrorConfig { queues, deployments, .. } = config;
        let listening = Listening { queues: queues.clone(), deployments: deployments.clone(), hold: HOLD };
        let (link, mirror) = link.zip(mirror).filter(|_| config.listens())?;
        Some(Self { link, mirror, entropy, listening })
    }

    /// Listens until it is told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Self { link, mirror, entropy, listening } = self;
        if let Err(error) = notifications::listen(link, mirror, entropy, listening, stop).await {
            tracing::error!(%error, "cannot listen to genesys; every conversation is read");
        }
    }
}

/// What takes events that are posted to us. None if none are believed.
pub(super) fn events(config: &MirrorConfig, ports: &Ports) -> Option<Events> {
    let mirror = ports.mirror.clone().filter(|_| config.webhook)?;
    Some(Events::new(ports.clone(), mirror, platform::events::read))
}
