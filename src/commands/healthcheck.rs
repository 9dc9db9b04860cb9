//! `healthcheck`: asks a running service whether it is ready.

use std::time::Duration;

use anyhow::{Context, bail};
use http::Uri;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

pub(super) async fn run(address: Uri, timeout: Duration) -> anyhow::Result<()> {
    let asking = ask(address.clone());
    let status = tokio::time::timeout(timeout, asking)
        .await
        .with_context(|| format!("{address} did not answer within {timeout:?}"))?
        .with_context(|| format!("{address} cannot be asked"))?;
    match status {
        ServingStatus::Serving => Ok(()),
        other => bail!("{address} answers {}", other.as_str_name()),
    }
}

async fn ask(address: Uri) -> anyhow::Result<ServingStatus> {
    let channel = Endpoint::from(address).connect().await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
    Ok(answer.into_inner().status())
}
