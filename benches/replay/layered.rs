//! The layers as `serve` stacks them, around whatever answers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use session_resumption::audit::TracingAudit;
use session_resumption::auth::reload::Files as CallerFiles;
use session_resumption::auth::{Authenticator, Settings, Times};
use session_resumption::budget::{self, GcraBudget};
use session_resumption::clock::SystemClock;
use session_resumption::degraded::DegradedMode;
use session_resumption::entropy::OsEntropy;
use session_resumption::genesys::{self, GuideConversations, ReadMethod, TokenRefresh};
use session_resumption::layers::rate_limit::Rate;
use session_resumption::layers::trace::{Sampling, Tracing};
use session_resumption::ports::{Clock, Entropy as _, Registry as _};
use session_resumption::server::access::Access;
use session_resumption::server::limits::{Limits, Rates};
use session_resumption::server::stack::{Rules, Services, behind};
use session_resumption::service::Ports;
use session_resumption::service::sessions::{SessionRules, Sessions};
use session_resumption::store::memory::MemoryStore;

use crate::credentials::{Files, GOOD_FOR, LINE};

/// The usual settings of `serve`, and limits that the load stays within. Without files, nobody is named.
pub(crate) async fn rules(files: Option<&Files>, traced: bool) -> anyhow::Result<Rules> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let caller_files = CallerFiles { callers: files.map(Files::callers), secrets: files.map(Files::session_secret) };
    let (callers, session_tokens) = caller_files.read().map_err(anyhow::Error::msg)?;
    let settings = Settings { lapsed_for: Duration::from_mins(5), published_keys: Times::default() };
    let authenticator = Authenticator::new(callers, session_tokens, settings, Arc::clone(&clock))?;
    let million = NonZeroU32::MIN.saturating_add(999_999);
    let rate = Some(Rate { per_minute: million.saturating_mul(NonZeroU32::MIN.saturating_add(59)), burst: million });
    let sampling = Sampling::ByCaller { otherwise: 0.01, draw: || OsEntropy.unit() };
    Ok(Rules {
        access: Access::new(Arc::new(authenticator), sessions(clock).await?, Arc::default(), files.is_none()),
        limits: Limits::new(Rates { address: rate, browser: rate, architect: rate, service: rate, session: None }),
        trusted_proxies: Vec::new(),
        allowed_origins: Arc::default(),
        tracing: Tracing { sampling: if traced { sampling } else { Sampling::Off }, address: "127.0.0.1".into() },
        max_call_time: Duration::from_secs(10),
        max_concurrent_calls: 2_000,
    })
}

/// Knows the one line of tokens that is shown. Nobody asks more of it.
async fn sessions(clock: Arc<dyn Clock>) -> anyhow::Result<Sessions> {
    let store = Arc::new(MemoryStore::new(Arc::clone(&clock), 1_000));
    store.begin_line(LINE, GOOD_FOR).await.ok().context("no line of tokens")?;
    let degraded = Arc::new(DegradedMode::new());
    let limits = budget::Limits { per_minute: NonZeroU32::MIN, while_degraded: NonZeroU32::MIN };
    let nowhere = genesys::Settings {
        api_url: "http://127.0.0.1:9".parse()?,
        login_url: "http://127.0.0.1:9".parse()?,
        client_id: String::new(),
        client_secret: String::new().into(),
        timeout: Duration::from_secs(1),
        read_method: ReadMethod::Post,
        token_refresh: TokenRefresh::Cached,
    };
    let budget = Arc::new(GcraBudget::new(limits, degraded.watch()));
    let entropy = Arc::new(OsEntropy);
    let ports = Ports {
        conversations: Arc::new(GuideConversations::new(nowhere, budget, Arc::clone(&clock), entropy.clone())?),
        handshakes: Arc::clone(&store) as _,
        registry: store,
        mirror: None,
        store_watch: degraded,
        audit: Arc::new(TracingAudit),
        clock,
        entropy,
    };
    Ok(Sessions::new(ports, None, SessionRules { token_ttl: GOOD_FOR, shown_late: Duration::ZERO }))
}

/// These calls behind all layers, and nothing else.
pub(crate) fn stack(calls: Router, rules: Rules) -> Router {
    behind(rules, Services { calls, connect: Router::new(), watching: Router::new() })
}
