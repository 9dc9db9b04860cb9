//! The platform's port: is it alive, is it ready, how is it doing; and, for whoever runs it, how it is configured and what it logs.

mod debug;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;

use super::health::{Health, serving};

pub use debug::Debug;

/// The type Prometheus expects of its text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Clone)]
struct Admin {
    health: Health,
    metrics: PrometheusHandle,
}

/// The routes of the admin port. Probes and metrics are open to whoever reaches it; the rest is for operators.
pub fn router(health: Health, metrics: PrometheusHandle, debug: Debug) -> Router {
    Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(Admin { health, metrics })
        .merge(debug::router(debug))
}

async fn readyz(State(admin): State<Admin>) -> impl IntoResponse {
    let components = admin.health.components();
    let status = if serving(&components) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let named = components.into_iter().map(|(component, condition)| (component.name(), condition.name()));
    (status, Json(named.collect::<BTreeMap<_, _>>()))
}

async fn render(State(admin): State<Admin>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], admin.metrics.render())
}
