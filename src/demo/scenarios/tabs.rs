//! Many tabs, and many drops.

use futures_util::future::try_join_all;

use super::Played;
use crate::demo::chat::Chat;
use crate::demo::stage::Stage;
use crate::pb::validate_session_request::Intent;
use crate::pb::validate_session_response::{Decision, TabRole};

const TABS: [&str; 3] = ["tab-1", "tab-2", "tab-3"];

pub(super) async fn three_tabs(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    let answers = try_join_all(TABS.map(|tab| chat.validate(Intent::Resume, tab))).await?;
    let Some(answer) = answers.first().cloned() else { anyhow::bail!("no tab was answered") };
    let alike = answers.iter().filter(|other| other.handshake_id == answer.handshake_id).count();
    played.expect("tabs in one handshake", alike, TABS.len());
    played.expect("reads for three tabs", chat.reads(), 1);
    let active = answers.iter().filter(|answer| answer.tab_role() == TabRole::Active).count();
    played.expect("active tabs", active, 1);

    let waiting = answers.iter().position(|answer| answer.tab_role() == TabRole::Suspended).unwrap_or_default();
    let taken = chat.validate(Intent::TakeOver, TABS[waiting]).await?;
    played.expect("the role after a takeover", taken.tab_role(), TabRole::Active);
    played.expect("the epoch after a takeover", taken.tab_epoch, answer.tab_epoch + 1);

    chat.flow(&answer)?;
    try_join_all(TABS.map(|_| chat.confirm(&answer.handshake_id))).await?;
    try_join_all(TABS.map(|_| chat.inject(&answer.handshake_id, &["are you there"]))).await?;
    // Nobody can write as the customer of the platform's web chats.
    played.expect("copies of the missed message", chat.said("are you there")?, stage.contract.pick(1, 0));
    played.close(&chat, &answer, 1, "1")
}

pub(super) async fn second_drop(stage: &Stage) -> anyhow::Result<Played> {
    let mut played = Played::default();
    let chat = Chat::with_agent(stage)?;
    chat.drop()?;
    let first = chat.resume_fully("tab-1").await?;
    chat.drop()?;
    let second = chat.resume_fully("tab-1").await?;
    played.expect("the decision", second.decision(), Decision::Resumable);
    if second.handshake_id == first.handshake_id {
        played.wrong.push("the second drop was answered with the first one's handshake".to_owned());
    }
    let outdated = chat.confirm(&first.handshake_id).await.map_err(|status| status.code());
    played.expect("a confirmation of the first handshake", outdated.err(), Some(tonic::Code::FailedPrecondition));
    played.close(&chat, &second, 2, "2")
}
