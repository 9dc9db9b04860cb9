//! The exporter: OTLP by gRPC or by HTTP.

use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, Protocol as Otlp, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use reqwest::redirect;
use url::Url;

use super::{Protocol, Settings};

/// How long one batch may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// No spans can be sent there, ever.
#[derive(Debug, thiserror::Error)]
pub enum CannotExport {
    /// The address or its protocol cannot be used.
    #[error("spans cannot be sent there: {0}")]
    Address(#[from] ExporterBuildError),
    /// No HTTP client can be had.
    #[error("spans cannot be sent by HTTP: {0}")]
    Client(#[from] reqwest::Error),
}

pub(super) fn new(settings: &Settings, resource: &Resource) -> Result<SpanExporter, CannotExport> {
    let mut exporter = match settings.protocol {
        Protocol::Grpc => SpanExporter::builder()
            .with_tonic()
            .with_protocol(Otlp::Grpc)
            .with_endpoint(settings.endpoint.as_str())
            .with_timeout(PATIENCE)
            .build()?,
        Protocol::Http => SpanExporter::builder()
            .with_http()
            .with_http_client(client()?)
            .with_protocol(Otlp::HttpBinary)
            .with_endpoint(traces(&settings.endpoint))
            .with_timeout(PATIENCE)
            .build()?,
    };
    exporter.set_resource(resource);
    Ok(exporter)
}

fn client() -> Result<reqwest::Client, reqwest::Error> {
    // As for Genesys: spans go where the configuration says, and nowhere else.
    reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(PATIENCE).build()
}

/// Where traces go below a collector's address, by the protocol's rules.
fn traces(endpoint: &Url) -> String {
    format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_go_below_the_address() {
        for (endpoint, expected) in [
            ("http://collector:4318", "http://collector:4318/v1/traces"),
            ("http://collector:4318/", "http://collector:4318/v1/traces"),
            ("https://example/otlp/", "https://example/otlp/v1/traces"),
        ] {
            assert_eq!(traces(&endpoint.parse().unwrap()), expected);
        }
    }
}
