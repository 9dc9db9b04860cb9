//! The child's side: serves one row until its standard input is closed, which the parent's end does too.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use prost::Message as _;
use session_resumption::app::App;
use session_resumption::config::Config;
use session_resumption::pb;
use session_resumption::pb::session_resumption_server::{SessionResumption, SessionResumptionServer};
use session_resumption::telemetry::{self, Audit};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tracing_subscriber::filter::LevelFilter;

use crate::row::{Row, Runtime, Service};
use crate::server::Given;

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
    match row.service {
        Service::Bare => runtime.block_on(bare(given)),
        Service::Ours { audit_log } => runtime.block_on(ours(&given, audit_log)),
    }
}

/// The service as the `serve` command runs it, against the parent's simulator.
async fn ours(given: &Given, audit_log: bool) -> anyhow::Result<()> {
    telemetry::install_logs(if audit_log { LevelFilter::INFO } else { LevelFilter::WARN }, Audit::Logged, false);
    let metrics = telemetry::install_metrics()?;
    let config = [
        ("SERVER__LISTEN", "127.0.0.1:0"),
        ("SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
        ("GENESYS__PROFILE", "guide"),
        ("GENESYS__API_URL", &given.genesys),
        ("GENESYS__LOGIN_URL", &given.genesys),
        ("GENESYS__CLIENT_ID", "sim-client"),
        ("GENESYS__CLIENT_SECRET", "sim-secret"),
        ("HANDSHAKE__REPLAY_TTL", "1h"),
        ("STORE__URL", "memory:"),
    ];
    let config = Config::load(None, config.map(|(key, value)| (format!("SESSION_RESUMPTION__{key}"), value)))?;
    let app = App::bind(config, metrics).await?;
    let (addr, health) = (app.addr(), app.health().clone());
    let mut serving = tokio::spawn(app.run(parent_left()));
    tokio::select! {
        () = health.ready() => announce(addr),
        ended = &mut serving => return ended?,
    }
    serving.await?
}

/// tonic and nothing else, on the same kind of socket.
async fn bare(given: Given) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(listener.local_addr()?);
    let answer = pb::ValidateSessionResponse::decode(given.answer.as_slice())?;
    let serving = tonic::transport::Server::builder()
        .add_service(SessionResumptionServer::new(Bare { answer }))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), parent_left());
    // A task, as in the service.
    Ok(tokio::spawn(serving).await??)
}

struct Bare {
    answer: pb::ValidateSessionResponse,
}

#[tonic::async_trait]
impl SessionResumption for Bare {
    async fn validate_session(
        &self,
        _: Request<pb::ValidateSessionRequest>,
    ) -> Result<Response<pb::ValidateSessionResponse>, Status> {
        Ok(Response::new(self.answer.clone()))
    }

    async fn confirm_reattach(
        &self,
        _: Request<pb::ConfirmReattachRequest>,
    ) -> Result<Response<pb::ConfirmReattachResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn inject_context(
        &self,
        _: Request<pb::InjectContextRequest>,
    ) -> Result<Response<pb::InjectContextResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }
}

/// Resolves when standard input ends.
async fn parent_left() {
    let (left, leaving) = oneshot::channel();
    // A thread and no blocking task: the runtime would wait for that one when it ends.
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        left.send(())
    });
    let _ = leaving.await;
}

#[expect(clippy::print_stdout, reason = "the parent reads the address there")]
fn announce(addr: SocketAddr) {
    println!("{addr}");
}
