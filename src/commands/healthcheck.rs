//! `healthcheck`: asks a running service whether it is ready.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use http::Uri;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

pub(super) async fn run(
    address: Uri,
    ca_file: Option<PathBuf>,
    server_name: Option<String>,
    timeout: Duration,
) -> anyhow::Result<()> {
    let endpoint = endpoint(address.clone(), ca_file, server_name)?;
    let status = tokio::time::timeout(timeout, ask(endpoint))
        .await
        .with_context(|| format!("{address} did not answer within {timeout:?}"))?
        .with_context(|| format!("{address} cannot be asked"))?;
    match status {
        ServingStatus::Serving => Ok(()),
        other => bail!("{address} answers {}", other.as_str_name()),
    }
}

fn endpoint(address: Uri, ca_file: Option<PathBuf>, server_name: Option<String>) -> anyhow::Result<Endpoint> {
    let encrypted = address.scheme_str() == Some("https");
    let endpoint = Endpoint::from(address);
    if !encrypted {
        return Ok(endpoint);
    }
    let mut tls = ClientTlsConfig::new();
    tls = match ca_file {
        Some(path) => {
            let pem = std::fs::read(&path).with_context(|| format!("--ca-file: {} cannot be read", path.display()))?;
            tls.ca_certificate(Certificate::from_pem(pem))
        }
        None => tls.with_native_roots(),
    };
    if let Some(name) = server_name {
        tls = tls.domain_name(name);
    }
    endpoint.tls_config(tls).context("TLS cannot be used")
}

async fn ask(endpoint: Endpoint) -> anyhow::Result<ServingStatus> {
    let channel = endpoint.connect().await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
    Ok(answer.into_inner().status())
}
