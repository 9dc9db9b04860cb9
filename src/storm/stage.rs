//! The service of the storm, put together as `app` does it but for its clock, its chance and its Genesys.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::chance::{Seeded, StormClock};
use super::crowd::{self, Session};
use super::genesys::{Genesys, Held};
use super::limit::PER_MINUTE;
use super::mirror;
use super::tally::Tally;
use crate::budget::{GcraBudget, Limits};
use crate::cli::storm::{Storm, Variant};
use crate::degraded::DegradedMode;
use crate::domain::ids::TabId;
use crate::domain::mirror::MaxAge;
use crate::domain::policy::{Policy, UnknownStatus, Windows};
use crate::ports::{Audit, Budget, Entropy, Mirror, Record};
use crate::service::{Context, MarkerAuthor, Ports, Resumption, Rules};
use crate::store::memory::MemoryStore;

/// Nobody reads the record of a storm, and hashing its ids would be most of the work.
struct Unheard;

impl Audit for Unheard {
    fn record(&self, _: &Record<'_>) {}
}

/// Everything that a storm is played with.
pub(super) struct Stage {
    pub(super) variant: Variant,
    pub(super) policy: Policy,
    pub(super) service: Resumption,
    pub(super) genesys: Arc<Genesys>,
    pub(super) tally: Arc<Tally>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) sessions: Vec<Session>,
    pub(super) tabs: Vec<TabId>,
    pub(super) began: Instant,
    /// Everybody who still has something to do.
    pub(super) people: TaskTracker,
}

// === impl Stage ===

impl Stage {
    /// Sets it for a variant, on the running runtime's clock.
    pub(super) async fn set(storm: &Storm, variant: Variant) -> anyhow::Result<Self> {
        let began = Instant::now();
        let (clock, entropy) = (StormClock { began }, Arc::new(Seeded::by(storm.seed)));
        let sessions = crowd::gather(storm.sessions, storm.mirror_hit, &*entropy)?;
        let tally = Arc::new(Tally::new(began, &sessions, storm.minutes));
        let degraded = Arc::new(DegradedMode::new());
        let genesys = Arc::new(Genesys {
            budget: budget(variant, &degraded)?,
            tally: Arc::clone(&tally),
            clock,
            entropy: Arc::clone(&entropy) as _,
            held: Mutex::new(Held::of(&sessions, clock)),
        });
        let capacity = usize::try_from(storm.sessions).context("too many sessions")?;
        let memory = Arc::new(MemoryStore::new(Arc::new(clock), capacity));
        let lasts = Duration::from_mins(storm.minutes.into());
        let known = if variant == Variant::OursWithMirror {
            mirror::tell(&memory, &sessions, lasts, &*entropy).await?;
            Some(Arc::clone(&memory) as Arc<dyn Mirror>)
        } else {
            None
        };
        let ports = Ports {
            conversations: Arc::clone(&genesys) as _,
            handshakes: Arc::clone(&memory) as _,
            mirror: known,
            registry: memory,
            store_watch: degraded,
            audit: Arc::new(Unheard),
            clock: Arc::new(clock),
            entropy: Arc::clone(&entropy) as _,
        };
        let rules = rules(lasts);
        Ok(Self {
            variant,
            policy: rules.policy,
            service: Resumption::new(ports, rules),
            genesys,
            tally,
            entropy,
            sessions,
            tabs: crowd::tabs(storm.tabs)?,
            began,
            people: TaskTracker::new(),
        })
    }
}

/// What the variant keeps its requests to. The only place that knows which budget it is.
fn budget(variant: Variant, degraded: &DegradedMode) -> anyhow::Result<Option<Arc<dyn Budget>>> {
    if matches!(variant, Variant::NoCoalescing | Variant::Guide) {
        return Ok(None);
    }
    let per_minute = NonZeroU32::new(PER_MINUTE).context("a limit of nothing")?;
    let limits = Limits { per_minute, while_degraded: per_minute };
    Ok(Some(Arc::new(GcraBudget::new(limits, degraded.watch()))))
}

/// The service's own defaults.
fn rules(mirror_max_age: Duration) -> Rules {
    Rules {
        policy: Policy { windows: Windows::default(), unknown_status: UnknownStatus::NewRouting },
        replay_ttl: Duration::from_mins(1),
        call_timeout: Duration::from_secs(5),
        context: Context::Guide(MarkerAuthor::Customer),
        threading_timeline: Duration::ZERO,
        mirror_max_age: MaxAge::both(mirror_max_age),
    }
}
