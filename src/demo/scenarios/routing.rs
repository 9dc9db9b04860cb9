//! Where a customer goes: the agent, the queue, the specialists, or a new start.

use std::time::Duration;

use genesys_sim::Route as Call;

use super::Played;
use crate::demo::chat::{AGENT, Chat};
use crate::demo::stage::Stage;
use crate::pb::confirm_reattach_response::Outcome;
use crate::pb::inject_context_response::Outcome as Injection;
use crate::pb::validate_session_request::Intent;
use crate::pb::validate_session_response::{Decision, Reason, Route};

/// The guide's window, and a second.
const PAST_THE_WINDOW: Duration = Duration::from_secs(301);

pub(super) async fn drop_and_resume(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    let heartbeat = chat.validate(Intent::Heartbeat, "tab-1").await?;
    played.expect("the heartbeat's decision", heartbeat.decision(), Decision::Resumable);
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the reason", answer.reason(), Reason::WithinWindow);
    played.expect("the route", answer.route(), Route::ReattachAgent);
    played.expect("the agent", answer.agent_id.as_str(), AGENT);
    played.expect("reads for heartbeat and resume", chat.calls(Call::Read), 1);
    chat.flow(&answer)?;
    // Flows repeat themselves when an answer is late.
    for replayed in [false, true] {
        let confirmed = chat.confirm(&answer.handshake_id).await?;
        played.expect("the confirmation", confirmed.outcome(), Outcome::Confirmed);
        played.expect("the confirmation's replayed", confirmed.replayed, replayed);
        let injected = chat.inject(&answer.handshake_id, &[]).await?;
        played.expect("the injection", injected.outcome(), Injection::Complete);
    }
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn refresh(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    // Genesys saw no drop: the conversation is live, and last changed long before the window.
    stage.control.advance(Duration::from_mins(10));
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the reason", answer.reason(), Reason::Live);
    played.expect("the agent", answer.agent_id.as_str(), AGENT);
    chat.confirm(&answer.handshake_id).await?;
    chat.inject(&answer.handshake_id, &[]).await?;
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn transfer(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    stage.control.transfer(&chat.conversation, "specialists", "billing question")?;
    chat.drop()?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the reason", answer.reason(), Reason::InTransfer);
    played.expect("the route", answer.route(), Route::TransferQueue);
    played.expect("the target queue", answer.target_queue_id.as_str(), "specialists");
    played.expect("the transfer's reason", answer.transfer_reason.as_str(), "billing question");
    chat.flow(&answer)?;
    let early = chat.confirm(&answer.handshake_id).await?;
    played.expect("a confirmation before the specialist is there", early.outcome(), Outcome::NotReattached);
    stage.control.complete_transfer(&chat.conversation, "agent-specialist")?;
    let confirmed = chat.confirm(&answer.handshake_id).await?;
    played.expect("the confirmation", confirmed.outcome(), Outcome::Confirmed);
    played.expect("the agent", confirmed.agent_id.as_str(), "agent-specialist");
    chat.inject(&answer.handshake_id, &[]).await?;
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn queue(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::new(stage, None)?;
    stage.control.queue(&chat.conversation, "support")?;
    chat.drop()?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the route", answer.route(), Route::WaitInQueue);
    chat.flow(&answer)?;
    let early = chat.confirm(&answer.handshake_id).await?;
    played.expect("a confirmation while waiting", early.outcome(), Outcome::NotReattached);
    played.expect("messages sent while waiting", chat.calls(Call::PostMessage), 0);
    stage.control.complete_transfer(&chat.conversation, AGENT)?;
    chat.confirm(&answer.handshake_id).await?;
    chat.inject(&answer.handshake_id, &[]).await?;
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn window_expired(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    stage.control.advance(PAST_THE_WINDOW);
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the decision", answer.decision(), Decision::NewRoutingRequired);
    played.expect("the reason", answer.reason(), Reason::WindowExpired);
    played.expect("the agent", answer.agent_id.as_str(), "");
    played.expect("the handshake", answer.handshake_id.as_str(), "");
    played.close(&chat, &answer, 0, "0")
}

pub(super) async fn terminated(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    stage.control.terminate(&chat.conversation)?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the decision", answer.decision(), Decision::NewRoutingRequired);
    played.expect("the reason", answer.reason(), Reason::Ended);
    played.close(&chat, &answer, 0, "0")
}
