//! The serving port: which services stand behind which layers. `docs/layers.md` tells why each stands where it does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::HeaderValue;
use tonic::service::Routes;
use tonic_health::pb::health_server::{Health as HealthApi, HealthServer};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};
use tonic_web::GrpcWebLayer;
use tower::util::{BoxCloneSyncService, MapResponseLayer};
use tower::{ServiceBuilder, ServiceExt as _};
use uuid::Uuid;

use super::access::Access;
use super::descriptors::BrokenDescriptors;
use super::grpc::{Server, explain};
use super::limits::Limits;
use super::protocol::{self, Protocol};
use super::session_cookie::{self, Cookies};
use super::{connect, cors, events, grpc};
use crate::cidr::Cidr;
use crate::layers::auth::AuthLayer;
use crate::layers::body_limit::{BodyLimitLayer, Bounds};
use crate::layers::client_address::ClientAddressLayer;
use crate::layers::deadline::DeadlineLayer;
use crate::layers::drain::{DrainLayer, Patience};
use crate::layers::load_shed::LoadShedLayer;
use crate::layers::rate_limit::RateLimitLayer;
use crate::layers::request_id::RequestIdLayer;
use crate::layers::rescue::{Answer, RescueLayer};
use crate::layers::rpc_metrics::{Code, RpcMetricsLayer};
use crate::layers::trace::{TraceLayer, Tracing};
use crate::pb::FILE_DESCRIPTOR_SET;
use crate::pb::session_registry_server::SessionRegistryServer;
use crate::pb::session_resumption_server::SessionResumptionServer;
use crate::service::events::Events;
use crate::service::out_of_time;

/// The largest request that can be right: 50 messages and a marker of 4,096 characters of four bytes each, and their names.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;
/// A body of that size arrives in this time over any line that a person could chat on.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// What is taken in of a refused request, for the sake of its answer.
const PATIENCE: Patience = Patience { bytes: 2 * MAX_REQUEST_BYTES, time: Duration::from_secs(1) };

/// Around everything, outermost first.
pub const OUTER: &[&str] = &["request_id", "cors", "drain"];
/// Around one protocol's services.
pub const BRANCH: &[&str] = &["trace", "rpc_metrics", "rescue"];
/// Around that, for gRPC-Web alone.
pub const WEB: &[&str] = &["grpc_web"];
/// Around the calls of every protocol.
pub const INNER: &[&str] =
    &["load_shed", "body_limit", "deadline", "client_address", "address_limit", "auth", "principal_limit"];

/// Joins layers, outermost first, and holds their names against a list: the list cannot tell of another stack.
macro_rules! layers {
    ($list:expr; $($name:literal => $layer:expr,)*) => {{
        const _: () = assert!(same(&[$($name),*], $list), "the list of layers does not tell of this stack");
        ServiceBuilder::new()$(.layer($layer))*
    }};
}

const fn same(built: &[&str], listed: &[&str]) -> bool {
    if built.len() != listed.len() {
        return false;
    }
    let mut at = 0;
    while at < built.len() {
        let (one, other) = (built[at].as_bytes(), listed[at].as_bytes());
        if one.len() != other.len() {
            return false;
        }
        let mut byte = 0;
        while byte < one.len() {
            if one[byte] != other[byte] {
                return false;
            }
            byte += 1;
        }
        at += 1;
    }
    true
}

/// What the layers go by.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Who may come in.
    pub access: Access,
    /// How often.
    pub limits: Limits,
    /// Whose word on the client's address is taken.
    pub trusted_proxies: Vec<Cidr>,
    /// The origins of pages that may call.
    pub allowed_origins: Arc<[HeaderValue]>,
    /// Which calls are traced.
    pub tracing: Tracing,
    /// The longest deadline a call gets.
    pub max_call_time: Duration,
    /// Calls at once.
    pub max_concurrent_calls: usize,
}

/// A stack of one protocol.
type Branch = BoxCloneSyncService<Request, Response, Infallible>;

/// What stands behind the layers.
#[derive(Debug)]
pub struct Services {
    /// Calls by gRPC, and by gRPC-Web.
    pub calls: Router,
    /// Calls by Connect, and the refusal of what is none.
    pub connect: Router,
    /// What whoever watches may ask, by gRPC and gRPC-Web.
    pub watching: Router,
}

/// Everything the serving port answers, behind all its layers.
pub fn router(
    server: Server,
    cookies: Cookies,
    events: Option<Events>,
    health: HealthServer<impl HealthApi>,
    rules: Rules,
) -> Result<Router, BrokenDescriptors> {
    let connect = connect::router(&server, session_cookie::router(cookies).merge(events::router(events)))?;
    let registry = SessionRegistryServer::new(server.clone()).max_decoding_message_size(MAX_REQUEST_BYTES);
    let resumption = SessionResumptionServer::new(server).max_decoding_message_size(MAX_REQUEST_BYTES);
    let calls = Routes::new(resumption).add_service(registry).into_axum_router();
    let watching = Routes::new(health).add_service(reflection()?).into_axum_router();
    Ok(behind(rules, Services { calls, connect, watching }))
}

/// Services behind all layers.
///
/// The protocols have the same paths and are told apart by the type of the body. What is none of them is refused in Connect's form,
/// which is plain HTTP.
pub fn behind(rules: Rules, services: Services) -> Router {
    let Services { calls, connect, watching } = services;
    // Right around the service: what tonic refuses before a handler sees it gets a reason, like every other error.
    let calls = calls.layer(MapResponseLayer::new(explain));
    let outer = layers![OUTER;
        "request_id" => RequestIdLayer::new(request_name),
        "cors" => cors::layer(&rules.allowed_origins),
        "drain" => DrainLayer::new(PATIENCE),
    ];
    let shared = Shared::new(rules);
    // One for all requests: the layers around are copied for each of them.
    let branches = Arc::new(Branches {
        grpc: shared.around(calls.clone(), Protocol::Grpc, grpc::answer, grpc::code_of),
        grpc_web: translated(shared.around(calls, Protocol::GrpcWeb, grpc::answer, grpc::code_of)),
        connect: shared.around(connect, Protocol::Connect, connect::answer, connect::code_of),
        // Whoever watches does so for as long as it likes, and needs no credentials to see whether we are well.
        watching: BoxCloneSyncService::new(watching.clone()),
        watching_web: translated(BoxCloneSyncService::new(watching)),
    });
    let by_protocol = move |request: Request| branches.of(&request).clone().oneshot(request);
    let doors = outer.map_request(|request: http::Request<_>| request.map(Body::new)).service_fn(by_protocol);
    Router::new().fallback_service(doors)
}

/// The stacks of all protocols.
struct Branches {
    grpc: Branch,
    grpc_web: Branch,
    connect: Branch,
    watching: Branch,
    watching_web: Branch,
}

impl Branches {
    fn of(&self, request: &Request) -> &Branch {
        let protocol = Protocol::of(request.method(), request.headers());
        match (protocol, protocol::is_of_watchers(request.uri().path())) {
            (Protocol::Grpc, false) => &self.grpc,
            (Protocol::GrpcWeb, false) => &self.grpc_web,
            (Protocol::Grpc, true) => &self.watching,
            (Protocol::GrpcWeb, true) => &self.watching_web,
            (Protocol::Connect, _) => &self.connect,
        }
    }
}

/// The layers that all protocols share, with what they count.
struct Shared {
    rules: Rules,
    load_shed: LoadShedLayer,
    client_address: ClientAddressLayer,
}

impl Shared {
    fn new(mut rules: Rules) -> Self {
        let trusted_proxies = std::mem::take(&mut rules.trusted_proxies);
        Self {
            load_shed: LoadShedLayer::new(rules.max_concurrent_calls, back_in),
            client_address: ClientAddressLayer::new(trusted_proxies),
            rules,
        }
    }

    /// The stack of one protocol, with its own way to tell of errors.
    fn around(&self, service: Router, protocol: Protocol, answer: Answer<Body>, code: Code<Body>) -> Branch {
        let (by_address, by_principal) = (self.rules.limits.clone(), self.rules.limits.clone());
        let branch = layers![BRANCH;
            "trace" => TraceLayer::new(
                self.rules.tracing.clone(),
                move |request: &Request| protocol::traced(request.uri().path(), protocol),
            ),
            "rpc_metrics" => RpcMetricsLayer::new(
                move |request: &Request| protocol::call(request.uri().path(), protocol),
                code,
            ),
            "rescue" => RescueLayer::new(answer),
        ];
        let inner = layers![INNER;
            "load_shed" => self.load_shed.clone(),
            "body_limit" => BodyLimitLayer::new(Bounds { bytes: longest_body(protocol), within: BODY_WITHIN }),
            "deadline" => DeadlineLayer::new(self.rules.max_call_time, out_of_time),
            "client_address" => self.client_address.clone(),
            "address_limit" => RateLimitLayer::new(move |request: &http::Request<_>| by_address.by_address(request.extensions())),
            "auth" => AuthLayer::new(self.rules.access.clone()),
            "principal_limit" => RateLimitLayer::new(move |request: &http::Request<_>| by_principal.by_principal(request.extensions())),
        ];
        let inner = inner.map_request(|request: http::Request<_>| request.map(Body::new)).service(service);
        BoxCloneSyncService::new(branch.service(inner))
    }
}

/// What gRPC-Web adds around a stack of gRPC.
fn translated(grpc: Branch) -> Branch {
    let web = layers![WEB;
        "grpc_web" => GrpcWebLayer::new(),
    ];
    let web = ServiceBuilder::new()
        .map_request(protocol::spell_type)
        .map_response(|response: http::Response<tonic::body::Body>| response.map(Body::new))
        .layer(web)
        .map_request(|request: http::Request<tonic::body::Body>| request.map(Body::new))
        .service(grpc);
    BoxCloneSyncService::new(web)
}

/// The largest body that can hold the largest request: as it is, in a frame, and declared as base64.
fn longest_body(protocol: Protocol) -> u64 {
    const MOST: u64 = MAX_REQUEST_BYTES as u64;
    match protocol {
        Protocol::Connect => MOST,
        Protocol::Grpc => MOST + 5,
        Protocol::GrpcWeb => (MOST + 5).div_ceil(3) * 4,
    }
}

fn reflection() -> Result<ServerReflectionServer<impl ServerReflection>, BrokenDescriptors> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|error| BrokenDescriptors(error.to_string()))
}

/// A name for a request. It is no secret, so that the operating system need not be asked for each.
pub fn request_name() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

/// When whoever is turned away may come back: each at a time of its own, or they come back together.
fn back_in() -> Duration {
    Duration::from_secs(1).mul_f64(1.0 + rand::random::<f64>())
}
