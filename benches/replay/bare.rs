//! tonic, and an answer made beforehand.

use session_resumption::pb;
use session_resumption::pb::session_resumption_server::{SessionResumption, SessionResumptionServer};
use tonic::{Request, Response, Status};

/// Answers everybody the same.
#[derive(Debug)]
pub(crate) struct Bare {
    answer: pb::ValidateSessionResponse,
}

impl Bare {
    /// The service that gives this answer.
    pub(crate) fn service(answer: pb::ValidateSessionResponse) -> SessionResumptionServer<Self> {
        SessionResumptionServer::new(Self { answer })
    }
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
