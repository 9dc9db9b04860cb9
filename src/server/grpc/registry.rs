//! The registry's methods.

use tonic::{Request, Response, Status};

use super::fields::Fields;
use super::request::{pair, session};
use super::response::time;
use super::{Server, caller, status};
use crate::domain::error::{Error, Reason};
use crate::domain::ids::{Pair, ResumeKey};
use crate::domain::principal::Bound;
use crate::pb;
use crate::pb::session_registry_server::SessionRegistry;

#[tonic::async_trait]
impl SessionRegistry for Server {
    async fn register_session(
        &self,
        request: Request<pb::RegisterSessionRequest>,
    ) -> Result<Response<pb::RegisterSessionResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let (key, pair) = register(request.get_ref()).map_err(status)?;
        self.limits.by_session(&caller.principal, &Bound::Pair(pair.clone())).map_err(status)?;
        let term = self.resumption.register(&caller, &key, &pair).await.map_err(status)?;
        Ok(Response::new(pb::RegisterSessionResponse {
            register_time: Some(time(term.since)),
            expire_time: Some(time(term.until)),
        }))
    }

    async fn issue_session_token(
        &self,
        request: Request<pb::IssueSessionTokenRequest>,
    ) -> Result<Response<pb::IssueSessionTokenResponse>, Status> {
        let (caller, _here) = caller(&request).map_err(status)?;
        let bound = issue(request.get_ref()).map_err(status)?;
        self.limits.by_session(&caller.principal, &bound).map_err(status)?;
        let issued = self.sessions.issue(&caller, &bound).await.map_err(status)?;
        let expire_time = Some(time(issued.expires));
        Ok(Response::new(pb::IssueSessionTokenResponse { session_token: issued.token, expire_time }))
    }
}

fn register(request: &pb::RegisterSessionRequest) -> Result<(ResumeKey, Pair), Error> {
    let mut fields = Fields::default();
    let key = fields.id("resume_key", &request.resume_key, ResumeKey::parse, Reason::InvalidId);
    let pair = pair(&mut fields, &request.conversation_id, &request.participant_id);
    fields.finish(key.zip(pair))
}

fn issue(request: &pb::IssueSessionTokenRequest) -> Result<Bound, Error> {
    let mut fields = Fields::default();
    let session = session(&mut fields, &request.resume_key, &request.conversation_id, &request.participant_id);
    fields.finish(session)
}
