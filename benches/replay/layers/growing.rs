//! Stacks of one layer, of two, and so on, in the order of `server::stack` and with its settings.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use session_resumption::layers::auth::AuthLayer;
use session_resumption::layers::body_limit::{BodyLimitLayer, Bounds};
use session_resumption::layers::client_address::ClientAddressLayer;
use session_resumption::layers::deadline::DeadlineLayer;
use session_resumption::layers::drain::{DrainLayer, Patience};
use session_resumption::layers::load_shed::LoadShedLayer;
use session_resumption::layers::rate_limit::RateLimitLayer;
use session_resumption::layers::request_id::RequestIdLayer;
use session_resumption::layers::rescue::RescueLayer;
use session_resumption::layers::rpc_metrics::RpcMetricsLayer;
use session_resumption::layers::trace::TraceLayer;
use session_resumption::server::protocol::{self, Protocol};
use session_resumption::server::stack::{BRANCH, INNER, OUTER, Rules, WEB, request_name};
use session_resumption::server::{cors, grpc};
use session_resumption::service::out_of_time;
use tonic_web::GrpcWebLayer;
use tower::ServiceBuilder;

use super::{Boxed, boxed};

const MIB: usize = 1024 * 1024;

/// Puts the stack with one more layer into a list, again and again, until all layers are in it.
macro_rules! grow {
    ($stacks:ident, $calls:expr, [$($below:expr,)*]) => {};
    ($stacks:ident, $calls:expr, [$($outside:expr,)*] $name:literal => $layer:expr, $($rest:tt)*) => {
        let stack = ServiceBuilder::new()
            $(.layer($outside))*
            .layer($layer)
            .map_request(|request: Request<_>| request.map(Body::new))
            .service($calls.clone());
        $stacks.push(($name, boxed(stack)));
        grow!($stacks, $calls, [$($outside,)* $layer,] $($rest)*);
    };
}

/// Each with one layer more than the one before, and that layer's name.
pub(super) fn stacks(calls: &Router, rules: &Rules) -> Vec<(&'static str, Boxed)> {
    let mut stacks = Vec::new();
    let Rules { access, limits, trusted_proxies, allowed_origins, tracing, max_call_time, max_concurrent_calls } =
        rules;
    grow!(stacks, calls, []
        "request_id" => RequestIdLayer::new(request_name),
        "cors" => cors::layer(allowed_origins),
        "drain" => DrainLayer::new(Patience { bytes: 2 * MIB, time: Duration::from_secs(1) }),
        "trace" => TraceLayer::new(
            tracing.clone(),
            |request: &Request<_>| protocol::traced(request.uri().path(), Protocol::Grpc),
        ),
        "rpc_metrics" => RpcMetricsLayer::new(
            |request: &Request<_>| protocol::call(request.uri().path(), Protocol::Grpc),
            grpc::code_of,
        ),
        "rescue" => RescueLayer::new(grpc::answer),
        "load_shed" => LoadShedLayer::new(*max_concurrent_calls, || Duration::from_secs(1)),
        "body_limit" => BodyLimitLayer::new(Bounds { bytes: MIB as u64, within: Duration::from_secs(10) }),
        "deadline" => DeadlineLayer::new(*max_call_time, out_of_time),
        "client_address" => ClientAddressLayer::new(trusted_proxies.clone()),
        "address_limit" => {
            let limits = limits.clone();
            RateLimitLayer::new(move |request: &Request<_>| limits.by_address(request.extensions()))
        },
        "auth" => AuthLayer::new(access.clone()),
        "principal_limit" => {
            let limits = limits.clone();
            RateLimitLayer::new(move |request: &Request<_>| limits.by_principal(request.extensions()))
        },
    );
    stacks
}

/// The layers of the stack that have no part in these names, which must be in its order.
pub(super) fn missing(names: &[&str]) -> Vec<&'static str> {
    let mut names = names.iter();
    OUTER
        .iter()
        .chain(BRANCH)
        .chain(INNER)
        .chain(WEB)
        .copied()
        .filter(|layer| !names.any(|name| name == layer))
        .collect()
}

/// Nothing but the layer that finds out who calls.
pub(super) fn judged(calls: &Router, rules: &Rules) -> Boxed {
    boxed(ServiceBuilder::new().layer(AuthLayer::new(rules.access.clone())).service(calls.clone()))
}

/// Nothing but the layer that translates gRPC-Web.
pub(super) fn translated(calls: &Router) -> Boxed {
    let web = ServiceBuilder::new()
        .map_response(|response: http::Response<tonic::body::Body>| response.map(Body::new))
        .layer(GrpcWebLayer::new())
        .map_request(|request: Request<tonic::body::Body>| request.map(Body::new))
        .service(calls.clone());
    boxed(web)
}
