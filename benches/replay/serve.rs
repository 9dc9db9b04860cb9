//! The child's side: serves one row until its standard input is closed, which the parent's end does too.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use prost::Message as _;
use session_resumption::entropy::OsEntropy;
use session_resumption::telemetry::Audit;
use session_resumption::{listener, pb, telemetry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tracing_subscriber::filter::LevelFilter;

use crate::bare::Bare;
use crate::ours::{announce, ours, parent_left};
use crate::row::{Row, Runtime, Service, Shows, With};
use crate::server::Given;
use crate::{collector, layered};

/// Reads what the parent gives, serves, and says on standard output where.
pub(crate) fn run(row: &Row) -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let given = Given::parse(line.trim())?;
    let mut runtime = match row.runtime {
        Runtime::MultiThread => tokio::runtime::Builder::new_multi_thread(),
        Runtime::OneThread => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(async {
        match row.service {
            Service::Bare => bare(&given).await,
            Service::Listened => listened(router(&given)?).await,
            Service::Layered(_) => layered(row, &given).await,
            Service::Ours(_) => ours(row, &given).await,
        }
    })
}

fn answer(given: &Given) -> anyhow::Result<pb::ValidateSessionResponse> {
    Ok(pb::ValidateSessionResponse::decode(given.answer.as_slice())?)
}

fn router(given: &Given) -> anyhow::Result<Router> {
    Ok(Routes::new(Bare::service(answer(given)?)).into_axum_router())
}

/// tonic and nothing else, on the same kind of socket.
async fn bare(given: &Given) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(listener.local_addr()?);
    let serving = tonic::transport::Server::builder()
        .add_service(Bare::service(answer(given)?))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), parent_left());
    // A task, as in the service.
    Ok(tokio::spawn(serving).await??)
}

/// By our own serving loop.
async fn listened(app: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(listener.local_addr()?);
    let closing = CancellationToken::new();
    let serving = listener::serve(listener, app, listener::Settings::default(), Arc::new(OsEntropy), closing.clone());
    let serving = tokio::spawn(serving);
    parent_left().await;
    closing.cancel();
    Ok(serving.await?)
}

/// The same, with all layers in between.
async fn layered(row: &Row, given: &Given) -> anyhow::Result<()> {
    let metrics = telemetry::install_metrics()?;
    tokio::spawn(telemetry::fold_metrics(metrics));
    let traces = (row.with() == With::Traces).then(|| collector::traces(&given.collector)).transpose()?;
    telemetry::install_logs(LevelFilter::WARN, Audit::Logged, false, traces.as_ref());
    let files = (row.shows != Shows::Nothing).then_some(&given.files);
    let rules = layered::rules(files, traces.is_some()).await?;
    listened(layered::stack(router(given)?, rules)).await
}
