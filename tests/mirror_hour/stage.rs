//! The service, put together as `app` does it but for its clock and its way to Genesys.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use genesys_sim::Control;
use jiff::Timestamp;
use session_resumption::audit::TracingAudit;
use session_resumption::degraded::DegradedMode;
use session_resumption::domain::mirror::MaxAge;
use session_resumption::domain::policy::{Policy, UnknownStatus, Window, Windows};
use session_resumption::genesys::platform::events;
use session_resumption::ports::{Clock, Entropy, Mirror};
use session_resumption::service::events::Events;
use session_resumption::service::{Context, Ports, Resumption, Rules};
use session_resumption::store::memory::MemoryStore;

use crate::chance::{Chance, Seeded};
use crate::customer::Desk;
use crate::reading::Genesys;
use crate::truth::Truth;

/// Shorter than the platform's usual, so that sessions expire within the hour.
pub(crate) const TIMELINE: Duration = Duration::from_mins(15);
/// As configured by default.
const MAX_AGE: Duration = Duration::from_secs(45);
const REPLAY_TTL: Duration = Duration::from_mins(1);

pub(crate) struct Stage {
    pub(crate) mirror: Arc<dyn Mirror>,
    /// The door for what `EventBridge` brings.
    pub(crate) events: Events,
    pub(crate) genesys: Arc<Genesys>,
    pub(crate) desk: Arc<Desk>,
}

/// The service's clock is the simulator's, and that is tokio's.
struct SimClock(Control);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

// === impl Stage ===

impl Stage {
    pub(crate) fn new(control: &Control, followed: &Arc<[String]>, chance: Chance) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SimClock(control.clone()));
        let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(chance));
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock), 100_000));
        let mirror = Arc::clone(&store) as Arc<dyn Mirror>;
        let degraded = Arc::new(DegradedMode::new());
        let genesys = Genesys::new(control.clone(), Arc::clone(&mirror), followed, TIMELINE, &degraded);
        let genesys = Arc::new(genesys);
        let ports = Ports {
            conversations: Arc::clone(&genesys) as _,
            handshakes: Arc::clone(&store) as _,
            mirror: Some(Arc::clone(&mirror)),
            registry: store,
            store_watch: degraded,
            audit: Arc::new(TracingAudit),
            clock,
            entropy: Arc::clone(&entropy),
        };
        let windows = Windows { disconnected: Window::Limited(TIMELINE), ..Windows::default() };
        let policy = Policy { windows, unknown_status: UnknownStatus::Resumable };
        let rules = Rules {
            policy,
            replay_ttl: REPLAY_TTL,
            call_timeout: Duration::from_secs(5),
            context: Context::Platform,
            threading_timeline: TIMELINE,
            mirror_max_age: MaxAge::both(MAX_AGE),
        };
        let events = Events::new(ports.clone(), Arc::clone(&mirror), events::read);
        let desk = Arc::new(Desk {
            resumption: Resumption::new(ports, rules),
            control: control.clone(),
            truth: Arc::new(Mutex::new(Truth::new(policy, TIMELINE))),
            entropy,
            queues: Arc::clone(followed),
        });
        Self { mirror, events, genesys, desk }
    }
}
