//! The session is asked about, and its answer is checked, before anything is measured.

use std::net::SocketAddr;

use anyhow::ensure;
use session_resumption::pb;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;

use crate::session::Session;

impl Session {
    /// Asks a service of ours twice: the first answer is read from Genesys, the second one is the replay.
    pub(crate) async fn conclude(&self, addr: SocketAddr) -> anyhow::Result<pb::ValidateSessionResponse> {
        let mut client = SessionResumptionClient::connect(format!("http://{addr}")).await?;
        let read = client.validate_session(self.request.clone()).await?.into_inner();
        ensure!(!read.replayed, "the first answer was a replay: {read:?}");
        let replay = self.replay(addr).await?;
        ensure!(
            replay == pb::ValidateSessionResponse { replayed: true, ..read },
            "the second answer was no replay of the first: {replay:?}"
        );
        ensure!(!replay.handshake_id.is_empty(), "the session was not resumable: {replay:?}");
        Ok(replay)
    }

    /// Asks once.
    pub(crate) async fn replay(&self, addr: SocketAddr) -> anyhow::Result<pb::ValidateSessionResponse> {
        let mut client = SessionResumptionClient::connect(format!("http://{addr}")).await?;
        Ok(client.validate_session(self.request.clone()).await?.into_inner())
    }
}
