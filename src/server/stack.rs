//! The serving port: which services stand behind which layers, outermost first.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{HeaderMap, Uri};
use tonic::service::Routes;
use tonic_health::pb::health_server::{Health as HealthApi, HealthServer};
use tower::ServiceExt as _;
use tower::util::MapResponseLayer;

use super::connect::{self, is_grpc};
use super::descriptors::BrokenDescriptors;
use super::grpc::{self, Server, explain};
use crate::layers::deadline::{DeadlineLayer, Expired};
use crate::pb::FILE_DESCRIPTOR_SET;
use crate::pb::session_resumption_server::{SERVICE_NAME, SessionResumptionServer};

/// The largest request that can be right: 50 messages and a marker of 4,096 characters of four bytes each, and their names.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// Everything the serving port answers.
///
/// gRPC and Connect have the same paths and are told apart by the type of the body. What is neither is refused in Connect's form,
/// which is plain HTTP.
pub fn routes(server: Server, health: HealthServer<impl HealthApi>) -> Result<Routes, BrokenDescriptors> {
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|error| BrokenDescriptors(error.to_string()))?;
    let connect = connect::router(&server, MAX_REQUEST_BYTES)?;
    let resumption = SessionResumptionServer::new(server).max_decoding_message_size(MAX_REQUEST_BYTES);

    // Right around the service: what tonic refuses before a handler sees it gets a reason, like every other error.
    let calls = Routes::new(resumption).into_axum_router().layer(MapResponseLayer::new(explain));
    let watching = Routes::new(health).add_service(reflection).into_axum_router();
    let grpc = calls.merge(watching.reset_fallback());
    let by_protocol = move |request: Request| {
        let router = if is_grpc(request.headers()) { &grpc } else { &connect };
        router.clone().oneshot(request)
    };
    Ok(Routes::from(Router::new().fallback(by_protocol)))
}

/// The outermost layer: whatever takes too long is answered with `DEADLINE_EXCEEDED`. Health and reflection are exempt: they are
/// watched for as long as their caller likes.
pub fn deadline(max_call_time: Duration) -> DeadlineLayer<Body> {
    DeadlineLayer::new(max_call_time, expired)
}

fn expired(uri: &Uri, headers: &HeaderMap) -> Option<Expired<Body>> {
    let answer = if is_grpc(headers) { grpc::deadline_exceeded } else { connect::deadline_exceeded };
    is_call(uri).then_some(answer)
}

fn is_call(uri: &Uri) -> bool {
    uri.path()
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(SERVICE_NAME))
        .is_some_and(|rest| rest.starts_with('/'))
}
