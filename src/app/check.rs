//! The check of an organisation, by the client that would serve.

use std::sync::Arc;

use super::genesys::{metadata_home, settings};
use crate::clock::SystemClock;
use crate::config::{Config, PlatformMarker, Profile};
use crate::degraded::DegradedMode;
use crate::entropy::OsEntropy;
use crate::genesys::check::{self, Contract, Finding, Plan};

/// The topics that are followed, by what is configured.
const BY_QUEUE: &str = "v2.routing.queues.{id}.conversations.messages";
const BY_DEPLOYMENT: &str = "v2.webmessaging.deployments.{id}.undelivered.messages";

/// Asks everything there is to ask of the organisation that is configured, and tells of each answer as it comes.
pub async fn check(config: &Config, probe_writes: bool, tell: impl FnMut(Finding)) -> anyhow::Result<()> {
    let contract = match config.genesys.profile {
        Profile::Guide => Contract::Guide,
        Profile::Platform => {
            let queues = (!config.mirror.queues.is_empty()).then_some(BY_QUEUE);
            let deployments = (!config.mirror.deployments.is_empty()).then_some(BY_DEPLOYMENT);
            Contract::Platform {
                threading_timeline: config.platform.threading_timeline,
                metadata: metadata_home(config.platform.metadata),
                agentless: matches!(config.platform.marker, PlatformMarker::Agentless { .. }),
                topics: queues.into_iter().chain(deployments).collect(),
            }
        }
    };
    let plan = Plan { contract, budget_per_minute: config.genesys.budget_per_minute, probe_writes };
    let budget = super::genesys::budget(&config.genesys, &DegradedMode::new())?;
    let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(OsEntropy));
    check::run(settings(&config.genesys), &plan, budget, clock, entropy, tell).await?;
    Ok(())
}
