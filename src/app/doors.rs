//! The doors of the serving port, as the configuration has them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http::HeaderValue;

use crate::auth::reload;
use crate::auth::{self, Authenticator, Times};
use crate::config::{
    self, AuthConfig, LimitsConfig, SameSite, ServerConfig, TlsConfig, TlsFiles, TracingConfig, WebConfig, Window,
};
use crate::entropy::OsEntropy;
use crate::layers::rate_limit;
use crate::layers::trace::{Sampling, Tracing};
use crate::listener::{self, Files, Tls};
use crate::ports::{Clock, Entropy as _};
use crate::server::access::Access;
use crate::server::limits::{Limits, Rates};
use crate::server::session_cookie::Cookies;
use crate::server::stack::Rules;
use crate::service::sessions::{SessionRules, Sessions};

/// How long after its end a browser's token is still told from one that never was good: the guide's window.
const LAPSED_FOR: Duration = Duration::from_mins(5);

/// How far the clocks of replicas and of the store may be apart: a line of tokens is remembered for longer than any replica thinks
/// that one of them still counts.
const CLOCKS_APART: Duration = Duration::from_mins(1);

/// Who calls, and the files that say so.
pub(super) fn callers(
    config: &AuthConfig,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Arc<Authenticator>, reload::Files)> {
    let files =
        reload::Files { callers: config.callers_file.clone(), secrets: config.session_token_secret_file.clone() };
    let (callers, session_tokens) = files.read().map_err(anyhow::Error::msg)?;
    let settings = auth::Settings { lapsed_for: LAPSED_FOR, published_keys: Times::default() };
    let authenticator = Authenticator::new(callers, session_tokens, settings, clock)
        .context("the client that fetches published keys cannot be made")?;
    Ok((Arc::new(authenticator), files))
}

/// How long session tokens count.
pub(super) fn session_rules(config: &AuthConfig) -> SessionRules {
    SessionRules { token_ttl: config.session_token_ttl, shown_late: LAPSED_FOR + CLOCKS_APART }
}

/// How a browser keeps its session token.
pub(super) fn cookies(sessions: Sessions, auth: &AuthConfig, web: &WebConfig) -> Cookies {
    let same_site = match web.cookie_same_site {
        SameSite::Strict => "Strict",
        SameSite::Lax => "Lax",
        SameSite::None => "None",
    };
    Cookies { sessions, same_site, kept_for: auth.session_token_ttl + LAPSED_FOR }
}

/// How the port is served.
pub(super) fn listening(
    server: &ServerConfig,
    tls: TlsConfig,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<listener::Settings> {
    let files = tls.files.map(|TlsFiles { certificate, key, client_ca }| Files { certificate, key, client_ca });
    let tls = files.map(|files| Tls::load(files, clock)).transpose()?;
    Ok(listener::Settings {
        max_connections: usize::try_from(server.max_connections)?,
        max_connection_age: match server.max_connection_age {
            Window::Limited(age) => Some(age),
            Window::Unlimited => None,
        },
        tls: tls.map(Arc::new),
        ..listener::Settings::default()
    })
}

/// What the layers go by.
pub(super) fn rules(
    authenticator: Arc<Authenticator>,
    sessions: Sessions,
    auth: &AuthConfig,
    web: &WebConfig,
    limits: LimitsConfig,
    max_call_time: Duration,
    tracing: Tracing,
) -> anyhow::Result<Rules> {
    let origins = web.allowed_origins.iter().map(|origin| HeaderValue::from_str(origin));
    let allowed_origins: Arc<[HeaderValue]> = origins.collect::<Result<_, _>>().context("web.allowed_origins")?;
    Ok(Rules {
        access: Access::new(authenticator, sessions, Arc::clone(&allowed_origins), auth.callers_file.is_none()),
        limits: Limits::new(Rates {
            address: limits.address.map(rate),
            browser: limits.browser.map(rate),
            architect: limits.architect.map(rate),
            service: limits.service.map(rate),
            session: limits.session.map(rate),
        }),
        trusted_proxies: limits.trusted_proxies,
        allowed_origins,
        tracing,
        max_call_time,
        max_concurrent_calls: usize::try_from(limits.max_concurrent_calls)?,
    })
}

/// Which calls are traced, and where they come in.
pub(super) fn tracing(config: &TracingConfig, addr: SocketAddr) -> Tracing {
    let sampling = match config.otlp_endpoint {
        Some(_) => Sampling::ByCaller { otherwise: config.sample_ratio, draw: || OsEntropy.unit() },
        None => Sampling::Off,
    };
    Tracing { sampling, address: addr.ip().to_string().into() }
}

fn rate(rate: config::Rate) -> rate_limit::Rate {
    rate_limit::Rate { per_minute: rate.per_minute, burst: rate.burst }
}
