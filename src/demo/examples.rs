//! The demo that stays up: addresses, and calls ready to be pasted.

use genesys_sim::NewConversation;

use super::stage::Stage;
use crate::terminal;

const CONVERSATION: &str = "demo-conversation";
const CUSTOMER: &str = "demo-customer";

/// Creates a chat whose customer just dropped, shows how to bring them back, and waits for Ctrl-C.
pub(super) async fn stay_up(stage: &Stage) -> anyhow::Result<()> {
    stage.control.create_conversation(NewConversation {
        conversation_id: Some(CONVERSATION.to_owned()),
        customer_id: Some(CUSTOMER.to_owned()),
        agent_user_id: Some("agent-ada".to_owned()),
        queue_id: Some("support".to_owned()),
        ..NewConversation::default()
    })?;
    stage.control.drop_customer(CONVERSATION)?;
    terminal::say(&text(&stage.address, &stage.admin, &stage.sim.url()));
    Ok(tokio::signal::ctrl_c().await?)
}

fn text(address: &str, admin: &str, genesys: &str) -> String {
    let call = "tools/node_modules/.bin/buf curl --protocol grpc --http2-prior-knowledge";
    let method = format!("{address}/sessionresumption.v1.SessionResumption");
    let pair = format!(r#""conversationId": "{CONVERSATION}", "participantId": "{CUSTOMER}""#);
    format!(
        r#"session-resumption   {address}   (gRPC, with reflection)
its admin port       {admin}   (/livez /readyz /metrics)
simulated Genesys    {genesys}   (control under /_sim/)

A customer talked to agent-ada and has just lost the connection. To bring them back, paste
(`make setup` installs buf; grpcurl does as well):

  # 1. May they come back, and to whom? Note the handshakeId.
  {call} -d '{{{pair}, "clientInstanceId": "tab-1"}}' {method}/ValidateSession

  # 2. What the Architect flow does with the answer: attach the customer to the agent.
  curl -X POST {genesys}/_sim/conversations/{CONVERSATION}/attach -H 'content-type: application/json' -d '{{"agent_user_id": "agent-ada"}}'

  # 3. Confirm it. Repeat it: it counts once.
  {call} -d '{{{pair}, "handshakeId": "PASTE-IT-HERE"}}' {method}/ConfirmReattach

  # 4. Restore the context. Repeat it: it is written once.
  {call} -d '{{{pair}, "handshakeId": "PASTE-IT-HERE", "marker": "[System: Session resumed after network interruption]"}}' {method}/InjectContext

  # 5. What Genesys holds now, and every call it got.
  curl {genesys}/_sim/conversations/{CONVERSATION}
  curl {genesys}/_sim/conversations/{CONVERSATION}/transcript
  curl {genesys}/_sim/ledger

Ctrl-C ends it.
"#
    )
}
