//! The one dropped chat that is asked about, and the answer it has.

use std::net::SocketAddr;

use anyhow::ensure;
use genesys_sim::{NewConversation, Route, Sim, SimOptions};
use session_resumption::pb;
use session_resumption::pb::session_resumption_client::SessionResumptionClient;

/// A dropped chat in a simulated Genesys Cloud.
#[derive(Debug)]
pub(crate) struct Session {
    /// The question, as a tab asks it.
    pub(crate) request: pb::ValidateSessionRequest,
    sim: Sim,
}

impl Session {
    /// Starts a simulator, and a chat in it, whose customer drops out.
    pub(crate) async fn begin() -> anyhow::Result<Self> {
        let sim = Sim::start(SimOptions::default()).await?;
        let control = sim.control();
        let chat = control.create_conversation(NewConversation {
            conversation_id: Some("a1b2c3d4-e5f6-7890-abcd-ef1234567890".to_owned()),
            customer_id: Some("c0ffee00-1111-4222-8333-444455556666".to_owned()),
            agent_user_id: Some("agent-7".to_owned()),
            queue_id: Some("5d2b1c3e-7f60-4a8b-9c1d-2e3f4a5b6c7d".to_owned()),
            ..NewConversation::default()
        })?;
        control.drop_customer(&chat.conversation_id)?;
        let dropped = control.now();
        let request = pb::ValidateSessionRequest {
            conversation_id: chat.conversation_id,
            participant_id: chat.customer_id,
            client_instance_id: "tab-7f3a".to_owned(),
            attempt_id: "1d0c8f0e-6a43-4c0e-9d3c-0f6f8a1b2c3d".to_owned(),
            disconnect_reason: "network".to_owned(),
            disconnect_time: Some(prost_types::Timestamp { seconds: dropped.as_second(), nanos: 0 }),
            ..pb::ValidateSessionRequest::default()
        };
        Ok(Self { request, sim })
    }

    /// Where the simulator is.
    pub(crate) fn genesys(&self) -> String {
        self.sim.url()
    }

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

    /// How often the conversation was read so far, by whomever.
    pub(crate) fn upstream_reads(&self) -> usize {
        self.sim.control().calls(Route::Read).len()
    }
}
