//! Readiness: a map of components that starts unready, shown by `grpc.health.v1` and `/readyz` alike.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthApi, HealthServer};
use tonic_health::server::HealthReporter;

use crate::pb::{session_registry_server, session_resumption_server};

/// Something that must be ready before callers are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The listeners are bound, and no signal to stop has come.
    Server,
    /// The handshake store has answered once. Without it we are degraded: if all replicas turned unready with it, nobody would be
    /// served at all.
    Store,
    /// Genesys has accepted our credentials once. A later outage of Genesys does not make us unready: callers then get a
    /// typed error with a delay, which a refused connection cannot give.
    Genesys,
}

impl Component {
    const ALL: [Self; 3] = [Self::Server, Self::Store, Self::Genesys];

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Store => "store",
            Self::Genesys => "genesys",
        }
    }
}

/// What a component can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It keeps callers out.
    NotReady,
    /// Callers are served, but not as they should be.
    Degraded,
    /// All it has to.
    Ready,
}

impl Condition {
    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReady => "not ready",
            Self::Degraded => "degraded",
            Self::Ready => "ready",
        }
    }
}

/// Each component and its condition.
pub type Components = BTreeMap<Component, Condition>;

/// Whether callers can be let in.
pub fn serving(components: &Components) -> bool {
    components.values().all(|condition| *condition != Condition::NotReady)
}

/// The component map. Clones share it.
#[derive(Debug, Clone)]
pub struct Health {
    /// Held while a change is made known, so that the last change is also the last one known.
    changing: Arc<Mutex<Components>>,
    known: watch::Sender<Components>,
    reporter: HealthReporter,
}

/// The names `grpc.health.v1` is asked about: everything, and each service.
const NAMES: [&str; 3] = ["", session_resumption_server::SERVICE_NAME, session_registry_server::SERVICE_NAME];

impl Health {
    /// A map in which nothing is ready, and the gRPC service that shows it.
    pub async fn new() -> (Self, HealthServer<impl HealthApi>) {
        let (reporter, server) = tonic_health::server::health_reporter();
        let components = Components::from(Component::ALL.map(|component| (component, Condition::NotReady)));
        let known = watch::Sender::new(components.clone());
        let health = Self { changing: Arc::new(Mutex::new(components)), known, reporter };
        // tonic reports "" as SERVING from the start, so it is told at once like any other name.
        health.report(ServingStatus::NotServing).await;
        (health, server)
    }

    /// Sets a component's condition, and returns when that is known everywhere.
    pub async fn set(&self, component: Component, condition: Condition) {
        let mut components = self.changing.lock().await;
        components.insert(component, condition);
        self.report(if serving(&components) { ServingStatus::Serving } else { ServingStatus::NotServing }).await;
        self.known.send_replace(components.clone());
    }

    /// Each component and its condition.
    pub fn components(&self) -> Components {
        self.known.borrow().clone()
    }

    /// Waits until callers can be let in.
    pub async fn ready(&self) {
        let mut known = self.known.subscribe();
        // It cannot fail: this very value holds the sender.
        let _ = known.wait_for(serving).await;
    }

    /// Ends the streams of those who watch: they would keep their connections open for as long as they like.
    pub async fn end_watches(&self) {
        let _components = self.changing.lock().await;
        for name in NAMES {
            self.reporter.clone().clear_service_status(name).await;
        }
        self.report(ServingStatus::NotServing).await;
    }

    async fn report(&self, status: ServingStatus) {
        for name in NAMES {
            self.reporter.set_service_status(name, status).await;
        }
    }
}
