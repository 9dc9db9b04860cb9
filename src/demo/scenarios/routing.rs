//! Where a customer goes: the agent, the queue, the specialists, or a new start.

use std::time::Duration;

use super::Played;
use crate::demo::chat::{AGENT, Chat};
use crate::demo::people;
use crate::demo::stage::Stage;
use crate::pb::confirm_reattach_response::Outcome;
use crate::pb::inject_context_response::Outcome as Injection;
use crate::pb::validate_session_request::Intent;
use crate::pb::validate_session_response::{Decision, Reason, Route};

pub(super) async fn drop_and_resume(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    let heartbeat = chat.validate(Intent::Heartbeat, "tab-1").await?;
    played.expect("the heartbeat's decision", heartbeat.decision(), Decision::Resumable);
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    // The platform sees no drop.
    played.expect("the reason", answer.reason(), stage.contract.pick(Reason::WithinWindow, Reason::Live));
    played.expect("the route", answer.route(), Route::ReattachAgent);
    played.expect("the agent", answer.agent_id.as_str(), AGENT);
    played.expect("reads for heartbeat and resume", chat.reads(), 1);
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
    chat.room.transfer(stage, "specialists", "billing question")?;
    chat.drop()?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the reason", answer.reason(), Reason::InTransfer);
    played.expect("the route", answer.route(), Route::TransferQueue);
    played.expect("the target queue", answer.target_queue_id.as_str(), "specialists");
    let reason = stage.contract.pick("billing question", "");
    played.expect("the transfer's reason", answer.transfer_reason.as_str(), reason);
    chat.flow(&answer)?;
    let early = chat.confirm(&answer.handshake_id).await?;
    played.expect("a confirmation before the specialist is there", early.outcome(), Outcome::NotReattached);
    chat.room.complete_transfer(stage, "agent-specialist")?;
    let confirmed = chat.confirm(&answer.handshake_id).await?;
    played.expect("the confirmation", confirmed.outcome(), Outcome::Confirmed);
    played.expect("the agent", confirmed.agent_id.as_str(), "agent-specialist");
    chat.inject(&answer.handshake_id, &[]).await?;
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn queue(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::new(stage, None)?;
    chat.room.wait(stage)?;
    chat.drop()?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the route", answer.route(), Route::WaitInQueue);
    chat.flow(&answer)?;
    let early = chat.confirm(&answer.handshake_id).await?;
    played.expect("a confirmation while waiting", early.outcome(), Outcome::NotReattached);
    played.expect("messages sent while waiting", chat.calls(people::post(stage.contract)), 0);
    chat.room.answer(stage, AGENT)?;
    chat.confirm(&answer.handshake_id).await?;
    chat.inject(&answer.handshake_id, &[]).await?;
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn window_expired(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    chat.room.outlive_the_window(stage)?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the decision", answer.decision(), Decision::NewRoutingRequired);
    played.expect("the reason", answer.reason(), stage.contract.pick(Reason::WindowExpired, Reason::Ended));
    played.expect("the agent", answer.agent_id.as_str(), "");
    played.expect("the handshake", answer.handshake_id.as_str(), "");
    played.close(&chat, &answer, 0, "0")
}

pub(super) async fn terminated(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    chat.room.end(stage)?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    played.expect("the decision", answer.decision(), Decision::NewRoutingRequired);
    played.expect("the reason", answer.reason(), Reason::Ended);
    played.close(&chat, &answer, 0, "0")
}
