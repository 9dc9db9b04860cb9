//! Readiness: a map of components that starts unready, shown by `grpc.health.v1` and `/readyz` alike.

use std::collections::BTreeMap;

use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthApi, HealthServer};
use tonic_health::server::HealthReporter;

use crate::pb::session_resumption_server::SERVICE_NAME;

/// Something that must be ready before callers are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The listeners are bound, and no signal to stop has come.
    Server,
    /// The handshake store answers.
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

/// Each component and whether it is ready.
pub type Components = BTreeMap<Component, bool>;

/// The component map. Clones share it.
#[derive(Debug, Clone)]
pub struct Health {
    components: watch::Sender<Components>,
    reporter: HealthReporter,
}

impl Health {
    /// A map in which nothing is ready, and the gRPC service that shows it.
    pub async fn new() -> (Self, HealthServer<impl HealthApi>) {
        let (reporter, server) = tonic_health::server::health_reporter();
        let components = Component::ALL.map(|component| (component, false)).into();
        let health = Self { components: watch::Sender::new(components), reporter };
        health.publish().await;
        (health, server)
    }

    /// Sets whether a component is ready.
    pub async fn set(&self, component: Component, ready: bool) {
        self.components.send_modify(|components| {
            components.insert(component, ready);
        });
        self.publish().await;
    }

    /// Each component and whether it is ready.
    pub fn components(&self) -> Components {
        self.components.borrow().clone()
    }

    /// Whether all are.
    pub fn is_ready(&self) -> bool {
        self.components.borrow().values().all(|ready| *ready)
    }

    /// Waits until all are.
    pub async fn ready(&self) {
        let mut components = self.components.subscribe();
        // It cannot fail: this very value holds the sender.
        let _ = components.wait_for(|components| components.values().all(|ready| *ready)).await;
    }

    async fn publish(&self) {
        let status = if self.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing };
        // tonic reports "" as SERVING from the start, so it is told at once like any other service.
        for service in ["", SERVICE_NAME] {
            self.reporter.set_service_status(service, status).await;
        }
    }
}
