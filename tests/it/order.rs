//! Calls out of order, of other sessions, or with other words under an old name.

mod heartbeats;
mod reuse;
mod strangers;
mod supersession;

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb::confirm_reattach_response::Outcome as Confirmed;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::TabRole;
use tonic::Code;

use crate::support::{Chat, Harness, Refusal};

#[tokio::test]
async fn nothing_is_injected_before_the_confirmation() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let too_early = Refusal::plain(Code::FailedPrecondition, "NOT_CONFIRMED");
    let refusal = || async { Refusal::of(&chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap_err()) };
    assert_eq!(refusal().await, too_early);

    // A confirmation that could not be given is none.
    assert_eq!(chat.confirm(&handshake).await.unwrap().outcome(), Confirmed::NotReattached);
    assert_eq!(refusal().await, too_early);
    assert_eq!(chat.calls(Route::Transcript) + chat.calls(Route::PostMessage), 0);
    assert_eq!(chat.transcript(), Vec::<String>::new());

    harness.control.attach(&chat.conversation, None).unwrap();
    assert_eq!(chat.confirm(&handshake).await.unwrap().outcome(), Confirmed::Confirmed);
    assert_eq!(chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap().outcome(), Outcome::Complete);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_confirmation_that_failed_is_none() {
    let harness = Harness::with(SimOptions::default(), &[("genesys.timeout", "500ms")]).await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let fault = Fault::Status { code: 403, retry_after_s: None, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Patch, fault)).unwrap();
    assert_eq!(Refusal::of(&chat.confirm(&handshake).await.unwrap_err()).reason, "UPSTREAM_FORBIDDEN");
    let refusal = Refusal::of(&chat.inject(&handshake, &[]).await.unwrap_err());
    assert_eq!(refusal, Refusal::plain(Code::FailedPrecondition, "NOT_CONFIRMED"));
    assert_eq!((chat.count(), chat.transcript().len()), (0, 0));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn there_is_nothing_to_take_over_before_a_conclusive_resume() {
    let harness = Harness::start().await;
    let other = Chat::dropped(&harness);
    other.validate().await.unwrap();
    let chat = Chat::dropped(&harness);
    let nothing = Refusal::plain(Code::FailedPrecondition, "NOTHING_TO_TAKE_OVER");
    let refusal = || async { Refusal::of(&chat.validate_as("tab", Intent::TakeOver).await.unwrap_err()) };
    assert_eq!(refusal().await, nothing, "another session's RESUME is none of ours");

    chat.validate_as("tab", Intent::Heartbeat).await.unwrap();
    assert_eq!(refusal().await, nothing, "a HEARTBEAT opens nothing");
    harness.control.set_status(&chat.conversation, "ACTIVE").unwrap();

    let chat = Chat::dropped(&harness);
    let fault = Fault::Status { code: 403, retry_after_s: None, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Read, fault)).unwrap();
    chat.validate_as("tab", Intent::Resume).await.unwrap_err();
    let refusal = Refusal::of(&chat.validate_as("tab", Intent::TakeOver).await.unwrap_err());
    assert_eq!(refusal, nothing, "a RESUME that failed concluded nothing");

    let epoch = chat.validate_as("tab", Intent::Resume).await.unwrap().tab_epoch;
    let taken = chat.validate_as("tab-2", Intent::TakeOver).await.unwrap();
    assert_eq!((taken.tab_role(), taken.tab_epoch), (TabRole::Active, epoch + 1));
    harness.stop().await.unwrap();
}
