//! The gRPC services: requests into domain words, answers back.

mod fields;
mod registry;
mod request;
mod response;
mod status;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::access::{identity, unauthenticated};
use super::limits::Limits;
use crate::domain::error::Error;
use crate::domain::principal::{Bound, Identity, Principal, Role};
use crate::layers::deadline::Deadline;
use crate::pb;
use crate::pb::session_resumption_server::SessionResumption;
use crate::service::sessions::Sessions;
use crate::service::validate::Asked;
use crate::service::{Caller, Resumption};

pub(super) use status::{NOT_A_MESSAGE, code_name, explain};
pub use status::{answer, code_of, status};

/// The service behind `sessionresumption.v1.SessionResumption` and `sessionresumption.v1.SessionRegistry`.
#[derive(Debug, Clone)]
pub struct Server {
    resumption: Resumption,
    sessions: Sessions,
    limits: Limits,
}

impl Server {
    /// Serves these use cases, each session as often as it may.
    pub fn new(resumption: Resumption, sessions: Sessions, limits: Limits) -> Self {
        Self { resumption, sessions, limits }
    }
}

#[tonic::async_trait]
impl SessionResumption for Server {
    async fn validate_session(
        &self,
        request: Request<pb::ValidateSessionRequest>,
    ) -> Result<Response<pb::ValidateSessionResponse>, Status> {
        if identity(request.extensions()) == Identity::Nobody {
            return Ok(Response::new(response::sign_in()));
        }
        let (caller, _here) = caller(&request).map_err(status)?;
        let validate = request::validate(request.get_ref()).map_err(status)?;
        if let Asked::Bound(session) = &validate.session {
            self.limits.by_session(&caller.principal, session).map_err(status)?;
        }
        // Who asks by a key is not told what it stands for, unless trusted to know.
        let by_key = matches!(validate.session, Asked::Bound(Bound::Key(_)));
        let withheld = caller.principal.role == Role::Browser && by_key;
        let (pair, validated) = self.resumption.validate(&caller, validate).await.map_err(status)?;
        Ok(Response::new(response::validated(pair.as_ref().filter(|_| !withheld), validated)))
    }

    async fn confirm_reattach(
        &self,
        request: Request<pb::ConfirmReattachRequest>,
    ) -> Result<Response<pb::ConfirmReattachResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let (pair, handshake) = request::confirm(request.get_ref()).map_err(status)?;
        self.limits.by_session(&caller.principal, &Bound::Pair(pair.clone())).map_err(status)?;
        let confirmed = self.resumption.confirm(&caller, pair, handshake).await.map_err(status)?;
        Ok(Response::new(response::confirmed(confirmed)))
    }

    async fn inject_context(
        &self,
        request: Request<pb::InjectContextRequest>,
    ) -> Result<Response<pb::InjectContextResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let inject = request::inject(request.get_ref()).map_err(status)?;
        self.limits.by_session(&caller.principal, &Bound::Pair(inject.pair.clone())).map_err(status)?;
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

/// Who calls. The judge has let nobody else through.
fn principal<T>(request: &Request<T>) -> Result<Principal, Error> {
    match identity(request.extensions()) {
        Identity::Known(principal) | Identity::Lapsed(principal) => Ok(principal),
        Identity::Nobody | Identity::Refused => Err(unauthenticated("this call needs credentials")),
    }
}
