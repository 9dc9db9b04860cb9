//! The doors of the serving port, as the configuration has them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http::HeaderValue;

use crate::auth::reload::Files;
use crate::auth::{self, Authenticator, Times};
use crate::config::{self, AuthConfig, LimitsConfig, WebConfig};
use crate::layers::rate_limit;
use crate::ports::Clock;
use crate::server::access::Access;
use crate::server::limits::{Limits, Rates};
use crate::server::stack::Rules;

/// How long after its end a browser's token is still told from one that never was good: the guide's window.
const LAPSED_FOR: Duration = Duration::from_mins(5);

/// Who calls, and the files that say so.
pub(super) fn callers(config: &AuthConfig, clock: Arc<dyn Clock>) -> anyhow::Result<(Arc<Authenticator>, Files)> {
    let files = Files { callers: config.callers_file.clone(), secrets: config.session_token_secret_file.clone() };
    let (callers, session_tokens) = files.read().map_err(anyhow::Error::msg)?;
    let settings = auth::Settings { lapsed_for: LAPSED_FOR, published_keys: Times::default() };
    let authenticator = Authenticator::new(callers, session_tokens, settings, clock)
        .context("the client that fetches published keys cannot be made")?;
    Ok((Arc::new(authenticator), files))
}

/// What the layers go by.
pub(super) fn rules(
    authenticator: Arc<Authenticator>,
    auth: &AuthConfig,
    web: &WebConfig,
    limits: LimitsConfig,
    max_call_time: Duration,
) -> anyhow::Result<Rules> {
    let origins = web.allowed_origins.iter().map(|origin| HeaderValue::from_str(origin));
    let allowed_origins: Arc<[HeaderValue]> = origins.collect::<Result<_, _>>().context("web.allowed_origins")?;
    Ok(Rules {
        access: Access::new(authenticator, Arc::clone(&allowed_origins), auth.callers_file.is_none()),
        limits: Limits::new(Rates {
            address: limits.address.map(rate),
            browser: limits.browser.map(rate),
            architect: limits.architect.map(rate),
            service: limits.service.map(rate),
            session: limits.session.map(rate),
        }),
        trusted_proxies: limits.trusted_proxies,
        allowed_origins,
        max_call_time,
        max_concurrent_calls: usize::try_from(limits.max_concurrent_calls)?,
    })
}

fn rate(rate: config::Rate) -> rate_limit::Rate {
    rate_limit::Rate { per_minute: rate.per_minute, burst: rate.burst }
}
