//! The contract of Genesys that the configuration names, and what goes with it.

use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context as _;

use crate::budget::{GcraBudget, Limits};
use crate::config::{self, Config, GenesysConfig, Profile};
use crate::degraded::DegradedMode;
use crate::domain::policy::{Policy, UnknownStatus, Window, Windows};
use crate::genesys::{self, GuideConversations};
use crate::ports::{Clock, Conversations, Entropy, UpstreamError};
use crate::service::{Context, MarkerAuthor, Rules};

/// Genesys, by the contract it is spoken to.
#[derive(Debug, Clone)]
pub(super) enum Genesys {
    /// The guide's.
    Guide(Arc<GuideConversations>),
}

impl Genesys {
    pub(super) fn new(
        config: &Config,
        degraded: &DegradedMode,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let genesys = &config.genesys;
        let per_minute =
            NonZeroU32::new(genesys.budget_per_minute).context("genesys.budget_per_minute must not be zero")?;
        let limits = Limits { per_minute, while_degraded: genesys.degraded_share.of(per_minute) };
        let budget = Arc::new(GcraBudget::new(limits, degraded.watch()));
        let settings = settings(genesys);
        Ok(match genesys.profile {
            Profile::Guide => Self::Guide(Arc::new(GuideConversations::new(settings, budget, clock, entropy)?)),
            Profile::Platform => anyhow::bail!("genesys.profile: the platform's contract is not spoken yet"),
        })
    }

    pub(super) fn port(&self) -> Arc<dyn Conversations> {
        match self {
            Self::Guide(guide) => Arc::clone(guide) as _,
        }
    }

    /// Obtains a token, so that a service that is ready can serve.
    pub(super) async fn sign_in(&self) -> Result<(), UpstreamError> {
        match self {
            Self::Guide(guide) => guide.sign_in().await,
        }
    }
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
        mirror_max_age: config.mirror.max_age,
    }
}

fn marker_author(author: config::MarkerAuthor) -> MarkerAuthor {
    match author {
        config::MarkerAuthor::Customer => MarkerAuthor::Customer,
        config::MarkerAuthor::System => MarkerAuthor::System,
    }
}

fn settings(config: &GenesysConfig) -> genesys::Settings {
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
