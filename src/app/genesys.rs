//! The contract of Genesys that the configuration names, and what goes with it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::budget::{GcraBudget, Limits};
use crate::config::{self, Config, GenesysConfig, Profile};
use crate::degraded::DegradedMode;
use crate::domain::mirror::MaxAge;
use crate::domain::policy::{Policy, UnknownStatus, Window, Windows};
use crate::genesys::{
    self, GuideConversations, Link, MarkerWay, MetadataHome, PlatformConversations, PlatformSettings,
};
use crate::ports::{Clock, Conversations, Entropy, Mirror, UpstreamError};
use crate::service::{Context, MarkerAuthor, Rules};

/// Genesys, by the contract it is spoken to.
#[derive(Debug, Clone)]
pub(super) enum Genesys {
    /// The guide's.
    Guide(Arc<GuideConversations>),
    /// That of its public API.
    Platform(Arc<PlatformConversations>),
}

impl Genesys {
    pub(super) fn new(
        config: &Config,
        mirror: Option<Arc<dyn Mirror>>,
        degraded: &DegradedMode,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let genesys = &config.genesys;
        let (settings, budget) = (settings(genesys), budget(genesys, degraded)?);
        Ok(match genesys.profile {
            Profile::Guide => Self::Guide(Arc::new(GuideConversations::new(settings, budget, clock, entropy)?)),
            Profile::Platform => {
                let platform = platform(config);
                let conversations = PlatformConversations::new(settings, platform, mirror, budget, clock, entropy)?;
                Self::Platform(Arc::new(conversations))
            }
        })
    }

    pub(super) fn port(&self) -> Arc<dyn Conversations> {
        match self {
            Self::Guide(guide) => Arc::clone(guide) as _,
            Self::Platform(platform) => Arc::clone(platform) as _,
        }
    }

    /// What listens to this contract's events, if it has any.
    pub(super) fn link(&self) -> Option<Link> {
        match self {
            Self::Guide(_) => None,
            Self::Platform(platform) => Some(platform.link()),
        }
    }

    /// Obtains a token, so that a service that is ready can serve.
    pub(super) async fn sign_in(&self) -> Result<(), UpstreamError> {
        match self {
            Self::Guide(guide) => guide.sign_in().await,
            Self::Platform(platform) => platform.sign_in().await,
        }
    }
}

/// What may be sent in a minute.
pub(super) fn budget(genesys: &GenesysConfig, degraded: &DegradedMode) -> anyhow::Result<Arc<GcraBudget>> {
    let per_minute =
        NonZeroU32::new(genesys.budget_per_minute).context("genesys.budget_per_minute must not be zero")?;
    let limits = Limits { per_minute, while_degraded: genesys.degraded_share.of(per_minute) };
    Ok(Arc::new(GcraBudget::new(limits, degraded.watch())))
}

/// The operator's rules, as this contract has them.
pub(super) fn rules(config: &Config) -> Rules {
    let (unknown_status, context) = match config.genesys.profile {
        Profile::Guide => (UnknownStatus::NewRouting, Context::Guide(marker_author(config.inject.marker_author))),
        Profile::Platform => (UnknownStatus::Resumable, Context::Platform),
    };
    Rules {
        policy: Policy { windows: windows(config.policy.windows), unknown_status },
        replay_ttl: config.handshake.replay_ttl,
        call_timeout: config.genesys.timeout,
        context,
        threading_timeline: config.platform.threading_timeline,
        mirror_max_age: MaxAge {
            heard: config.mirror.max_age,
            told: if config.mirror.webhook { config.mirror.max_age } else { Duration::ZERO },
        },
    }
}

fn marker_author(author: config::MarkerAuthor) -> MarkerAuthor {
    match author {
        config::MarkerAuthor::Customer => MarkerAuthor::Customer,
        config::MarkerAuthor::System => MarkerAuthor::System,
    }
}

pub(super) fn metadata_home(home: config::MetadataHome) -> MetadataHome {
    match home {
        config::MetadataHome::ParticipantAttributes => MetadataHome::ParticipantAttributes,
        config::MetadataHome::CustomAttributes => MetadataHome::CustomAttributes,
    }
}

fn platform(config: &Config) -> PlatformSettings {
    PlatformSettings {
        threading_timeline: config.platform.threading_timeline,
        metadata: metadata_home(config.platform.metadata),
        marker: match &config.platform.marker {
            config::PlatformMarker::ByArchitect => MarkerWay::ByArchitect,
            config::PlatformMarker::Agentless { deployment_id } => {
                MarkerWay::Agentless { deployment_id: deployment_id.clone() }
            }
        },
        covered_queues: config.mirror.queues.clone().into(),
    }
}

pub(super) fn settings(config: &GenesysConfig) -> genesys::Settings {
    genesys::Settings {
        api_url: config.api_url.clone(),
        login_url: config.login_url.clone(),
        client_id: config.client_id.clone(),
        client_secret: config.client_secret.clone(),
        timeout: config.timeout,
        read_method: match config.read_method {
            config::ReadMethod::Post => genesys::ReadMethod::Post,
            config::ReadMethod::Get => genesys::ReadMethod::Get,
        },
        token_refresh: match config.token_refresh {
            config::TokenRefresh::Cached => genesys::TokenRefresh::Cached,
            config::TokenRefresh::PerRequest => genesys::TokenRefresh::PerRequest,
        },
    }
}

fn windows(config: config::WindowsConfig) -> Windows {
    let window = |window| match window {
        config::Window::Limited(window) => Window::Limited(window),
        config::Window::Unlimited => Window::Unlimited,
    };
    Windows {
        disconnected: window(config.disconnected),
        active: window(config.active),
        transfer: window(config.transfer),
        queue: window(config.queue),
        reroute: window(config.reroute),
    }
}
