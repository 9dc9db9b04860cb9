//! The gRPC service: requests into domain words, answers back.

mod fields;
mod request;
mod response;
mod status;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::domain::error::{Error, Reason};
use crate::domain::principal::Principal;
use crate::layers::deadline::Deadline;
use crate::pb;
use crate::pb::session_resumption_server::SessionResumption;
use crate::peer::Peer;
use crate::service::{Caller, Resumption};

pub use status::{NOT_A_MESSAGE, deadline_exceeded, explain, status, too_large};

/// The service behind `sessionresumption.v1.SessionResumption`.
#[derive(Debug, Clone)]
pub struct Server {
    resumption: Resumption,
}

impl Server {
    /// Serves these use cases.
    pub fn new(resumption: Resumption) -> Self {
        Self { resumption }
    }
}

#[tonic::async_trait]
impl SessionResumption for Server {
    async fn validate_session(
        &self,
        request: Request<pb::ValidateSessionRequest>,
    ) -> Result<Response<pb::ValidateSessionResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let validate = request::validate(request.get_ref()).map_err(status)?;
        let pair = validate.pair.clone();
        let validated = self.resumption.validate(&caller, validate).await.map_err(status)?;
        Ok(Response::new(response::validated(&pair, validated)))
    }

    async fn confirm_reattach(
        &self,
        request: Request<pb::ConfirmReattachRequest>,
    ) -> Result<Response<pb::ConfirmReattachResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let (pair, handshake) = request::confirm(request.get_ref()).map_err(status)?;
        let confirmed = self.resumption.confirm(&caller, pair, handshake).await.map_err(status)?;
        Ok(Response::new(response::confirmed(confirmed)))
    }

    async fn inject_context(
        &self,
        request: Request<pb::InjectContextRequest>,
    ) -> Result<Response<pb::InjectContextResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let inject = request::inject(request.get_ref()).map_err(status)?;
        let injected = self.resumption.inject(&caller, inject).await.map_err(status)?;
        Ok(Response::new(response::injected(request.get_ref(), injected)))
    }
}

/// Who calls and how long they wait. The guard tells the work when the caller is gone: tonic drops the handler then.
fn caller<T>(request: &Request<T>) -> Result<(Caller, impl Drop), Error> {
    let gone = CancellationToken::new();
    let here = gone.clone().drop_guard();
    // The deadline layer sets it for every call.
    let deadline = request.extensions().get::<Deadline>().map_or_else(Instant::now, |deadline| deadline.0);
    Ok((Caller { principal: principal(request)?, deadline, gone }, here))
}

/// Until credentials can be configured the service listens on loopback only, and whoever can connect is trusted.
fn principal<T>(request: &Request<T>) -> Result<Principal, Error> {
    match request.extensions().get::<Peer>() {
        Some(peer) if peer.addr.ip().to_canonical().is_loopback() => Ok(Principal::service("loopback")),
        _ => Err(Error::new(Reason::Unauthenticated, "callers beyond loopback need credentials")),
    }
}
