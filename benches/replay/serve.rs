//! The child's side: serves one row until its standard input is closed, which the parent's end does too.

use std::io;
use std::net::Ipv4Addr;

use prost::Message as _;
use session_resumption::pb;
use session_resumption::pb::session_resumption_server::{SessionResumption, SessionResumptionServer};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::ours::{announce, ours, parent_left};
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
        Service::Ours { audit_log } => runtime.block_on(ours(&given.genesys, "memory:", audit_log)),
    }
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
