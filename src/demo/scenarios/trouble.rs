//! Genesys on a bad day: nobody loses the place in the queue because something failed.

use genesys_sim::{Fault, FaultScript, Route as Call};
use tonic::Code;
use tonic_types::StatusExt;

use super::Played;
use crate::demo::chat::Chat;
use crate::demo::people;
use crate::demo::stage::Stage;
use crate::pb::inject_context_response::Outcome;
use crate::pb::validate_session_request::Intent;
use crate::pb::validate_session_response::Decision;

pub(super) async fn token_expired(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    stage.control.expire_tokens();
    let answer = chat.resume_fully("tab-1").await?;
    played.expect("the decision", answer.decision(), Decision::Resumable);
    played.expect("tokens minted", stage.control.calls(Call::Token).len(), 1);
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn outage(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    // More than the service's own tries, so that the customer's call fails.
    let down = Fault::Status { code: 503, retry_after_s: None, after_effect: false };
    stage.control.script_fault(FaultScript { route: people::read(stage.contract), times: 3, skip: 0, fault: down })?;
    let limited = Fault::Status { code: 429, retry_after_s: Some(30), after_effect: false };
    stage.control.script_fault(FaultScript::once(people::read(stage.contract), limited))?;
    for failure in ["during the outage", "while rate limited"] {
        match chat.validate(Intent::Resume, "tab-1").await {
            Ok(answer) => played.wrong.push(format!("the answer {failure} is {:?}", answer.decision())),
            Err(status) => {
                played.expect(&format!("the error {failure}"), status.code(), Code::Unavailable);
                let told_when = status.get_details_retry_info().is_some();
                played.expect(&format!("a time to return {failure}"), told_when, true);
            }
        }
    }
    let answer = chat.resume_fully("tab-1").await?;
    played.expect("the decision", answer.decision(), Decision::Resumable);
    played.decision = format!("UNAVAILABLE 2x, {}", answer.decision().as_str_name());
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn lost_injection(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    let answer = chat.validate(Intent::Resume, "tab-1").await?;
    chat.flow(&answer)?;
    chat.confirm(&answer.handshake_id).await?;
    // Genesys writes the marker, and the connection breaks before it can say so.
    stage.control.script_fault(FaultScript::once(people::post(stage.contract), Fault::Reset { after_effect: true }))?;
    let injected = chat.inject(&answer.handshake_id, &["my order number is 42"]).await?;
    played.expect("the injection", injected.outcome(), Outcome::Complete);
    played.expect("copies of the missed message", chat.said("my order number is 42")?, stage.contract.pick(1, 0));
    let again = chat.inject(&answer.handshake_id, &["my order number is 42"]).await?;
    played.expect("the repeated injection", again.outcome(), Outcome::Complete);
    played.close(&chat, &answer, 1, "1")
}
