//! The calls, with requests made by hand: bad ones, late ones.

use session_resumption::pb;
use tonic::{IntoRequest, Status};

use super::Harness;

impl Harness {
    pub(crate) async fn validate(
        &self,
        request: impl IntoRequest<pb::ValidateSessionRequest>,
    ) -> Result<pb::ValidateSessionResponse, Status> {
        Ok(self.client.clone().validate_session(request).await?.into_inner())
    }

    pub(crate) async fn confirm(
        &self,
        request: impl IntoRequest<pb::ConfirmReattachRequest>,
    ) -> Result<pb::ConfirmReattachResponse, Status> {
        Ok(self.client.clone().confirm_reattach(request).await?.into_inner())
    }

    pub(crate) async fn inject(
        &self,
        request: impl IntoRequest<pb::InjectContextRequest>,
    ) -> Result<pb::InjectContextResponse, Status> {
        Ok(self.client.clone().inject_context(request).await?.into_inner())
    }

    pub(crate) async fn register(
        &self,
        request: impl IntoRequest<pb::RegisterSessionRequest>,
    ) -> Result<pb::RegisterSessionResponse, Status> {
        Ok(self.registry.clone().register_session(request).await?.into_inner())
    }

    pub(crate) async fn issue(
        &self,
        request: impl IntoRequest<pb::IssueSessionTokenRequest>,
    ) -> Result<pb::IssueSessionTokenResponse, Status> {
        Ok(self.registry.clone().issue_session_token(request).await?.into_inner())
    }

    /// The paths asked of Genesys since the ledger was cleared.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.control.ledger().into_iter().map(|entry| entry.path).collect()
    }
}
