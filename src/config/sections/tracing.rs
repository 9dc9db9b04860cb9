//! Which calls are traced, and where their spans go.

use url::Url;

use crate::config::keys;
use crate::config::reader::Reader;

/// Which calls are traced, and where their spans go.
#[derive(Debug, Clone)]
pub struct TracingConfig {
    /// The collector. Without one, nothing is traced.
    pub otlp_endpoint: Option<Url>,
    /// How it is spoken to.
    pub otlp_protocol: OtlpProtocol,
    /// The part of the calls that is traced whose callers trace nothing.
    pub sample_ratio: f64,
}

/// How a collector is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// By gRPC.
    Grpc,
    /// By HTTP, as protobuf.
    Http,
}

impl TracingConfig {
    pub(in crate::config) fn read(reader: &mut Reader) -> Option<Self> {
        let otlp_endpoint = reader.get_if_given(&keys::TRACING_OTLP_ENDPOINT);
        let otlp_protocol = reader.get(&keys::TRACING_OTLP_PROTOCOL);
        let sample_ratio = reader.get(&keys::TRACING_SAMPLE_RATIO);
        let (otlp_endpoint, otlp_protocol) = (otlp_endpoint?, otlp_protocol?);
        let encrypted = otlp_endpoint.as_ref().is_some_and(|url: &Url| url.scheme() == "https");
        if encrypted && otlp_protocol == OtlpProtocol::Grpc {
            let why =
                "spans are sent by gRPC in the clear only; give an http URL, or set tracing.otlp_protocol = \"http\"";
            reader.refuse(&keys::TRACING_OTLP_ENDPOINT, why);
        }
        Some(Self { otlp_endpoint, otlp_protocol, sample_ratio: sample_ratio? })
    }
}
