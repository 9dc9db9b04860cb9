//! The three protocols of one port, told apart by the type of the body; and the names of what is called.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, Request};

use super::connect::media_type;
use crate::domain::access;
use crate::layers::rpc_metrics::Call;
use crate::layers::trace::{Rpc, System};

/// What a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web, binary or as text.
    GrpcWeb,
    /// Connect. Whatever is none of the three is refused in its form, which is plain HTTP.
    Connect,
}

impl Protocol {
    /// gRPC is what is posted in one of its types exactly: `application/grpc+json` is nothing we could read.
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        if method != Method::POST {
            return Self::Connect;
        }
        match media_type::of(headers).as_deref() {
            Some("application/grpc" | "application/grpc+proto") => Self::Grpc,
            Some(
                "application/grpc-web"
                | "application/grpc-web+proto"
                | "application/grpc-web-text"
                | "application/grpc-web-text+proto",
            ) => Self::GrpcWeb,
            _ => Self::Connect,
        }
    }

    /// The name in metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc_web",
            Self::Connect => "connect",
        }
    }
}

/// Spells the type of a body as those do who know one spelling: without parameters, in small letters.
pub(super) fn spell_type<B>(mut request: Request<B>) -> Request<B> {
    if let Some(essence) = media_type::of(request.headers()).and_then(|essence| HeaderValue::try_from(essence).ok()) {
        request.headers_mut().insert(CONTENT_TYPE, essence);
    }
    request
}

const RESUMPTION: &str = crate::pb::session_resumption_server::SERVICE_NAME;
const REGISTRY: &str = crate::pb::session_registry_server::SERVICE_NAME;

/// Every method of ours.
const METHODS: [(&str, &str, access::Method); 6] = [
    (RESUMPTION, "ValidateSession", access::Method::ValidateSession),
    (RESUMPTION, "ConfirmReattach", access::Method::ConfirmReattach),
    (RESUMPTION, "InjectContext", access::Method::InjectContext),
    (REGISTRY, "RegisterSession", access::Method::RegisterSession),
    (REGISTRY, "IssueSessionToken", access::Method::IssueSessionToken),
    // A page rather than a method, and judged, counted and traced as one.
    ("events", "genesys", access::Method::PushEvents),
];

fn find(path: &str) -> Option<&'static (&'static str, &'static str, access::Method)> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    METHODS.iter().find(|known| (known.0, known.1) == (service, method))
}

/// The method that a path names.
pub(super) fn method(path: &str) -> Option<access::Method> {
    find(path).map(|(_, _, method)| *method)
}

/// What a request is counted under.
pub fn call(path: &str, protocol: Protocol) -> Call {
    let (service, method) = find(path).map_or(("other", "other"), |(service, method, _)| (*service, *method));
    Call { service, method, protocol: protocol.name() }
}

/// The call a request is traced as; none for what there is not.
pub fn traced(path: &str, protocol: Protocol) -> Option<Rpc> {
    let (service, method, _) = *find(path)?;
    let system = match protocol {
        Protocol::Grpc | Protocol::GrpcWeb => System::Grpc,
        Protocol::Connect => System::Connect,
    };
    Some(Rpc { system, service, method })
}

/// Whether a path is of a service that tells how this one is, or what it speaks: open to everybody, and without a limit.
pub(super) fn is_of_watchers(path: &str) -> bool {
    ["/grpc.health.v1.Health/", "/grpc.reflection.v1.ServerReflection/"].iter().any(|service| path.starts_with(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_exactly() {
        let told = |types: &[&'static str]| {
            let headers = types.iter().map(|value| (CONTENT_TYPE, HeaderValue::from_static(value))).collect();
            Protocol::of(&Method::POST, &headers)
        };
        for (types, expected) in [
            (&["application/grpc"][..], Protocol::Grpc),
            (&["application/grpc+proto"], Protocol::Grpc),
            (&["Application/GRPC"], Protocol::Grpc),
            (&["application/grpc;charset=utf-8"], Protocol::Grpc),
            (&["application/grpc-web"], Protocol::GrpcWeb),
            (&["application/grpc-web-text+proto"], Protocol::GrpcWeb),
            (&["application/grpc-web-json"], Protocol::Connect),
            (&["application/grpc+json"], Protocol::Connect),
            (&["application/grpcx"], Protocol::Connect),
            (&["application/json"], Protocol::Connect),
            (&["application/grpc", "application/json"], Protocol::Connect),
            (&["application/json", "application/grpc"], Protocol::Connect),
            (&[""], Protocol::Connect),
            (&[], Protocol::Connect),
        ] {
            assert_eq!(told(types), expected, "{types:?}");
        }
        let grpc = [(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))].into_iter().collect();
        assert_eq!(Protocol::of(&Method::GET, &grpc), Protocol::Connect, "gRPC is posted");
    }

    #[test]
    fn only_what_there_is_has_a_name() {
        let path = format!("/{RESUMPTION}/InjectContext");
        assert_eq!(method(&path), Some(access::Method::InjectContext));
        assert_eq!(call(&path, Protocol::Grpc).method, "InjectContext");
        for (protocol, system) in
            [(Protocol::Grpc, System::Grpc), (Protocol::GrpcWeb, System::Grpc), (Protocol::Connect, System::Connect)]
        {
            let expected = Rpc { system, service: RESUMPTION, method: "InjectContext" };
            assert_eq!(traced(&path, protocol), Some(expected));
        }
        for path in
            ["", "/", "/x", &format!("/{RESUMPTION}/"), &format!("/{RESUMPTION}/injectContext"), &format!("{path}/")]
        {
            assert_eq!((method(path), call(path, Protocol::Connect).method), (None, "other"), "{path}");
            assert_eq!(traced(path, Protocol::Grpc), None, "{path}");
        }
    }
}
