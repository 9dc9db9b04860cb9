//! What a confirmation costs others, and whom it names.

use genesys_sim::{Fault, FaultScript, NewConversation, Route};
use session_resumption::pb::confirm_reattach_response::Outcome;

use crate::support::{Chat, Harness};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_anothers_write_reads_nothing_meanwhile() {
    let harness = Harness::start().await;
    let chat = Chat::live(&harness);
    let handshake = chat.validate().await.unwrap().handshake_id;
    let slow = Fault::Delay { ms: 1_500, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Patch, slow)).unwrap();
    let (one, other) = tokio::join!(chat.confirm(&handshake), chat.confirm(&handshake));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.outcome(), other.outcome()), (Outcome::Confirmed, Outcome::Confirmed));
    assert_eq!((one.resumption_count, other.resumption_count), (1, 1));
    assert_eq!(chat.calls(Route::Patch), 1);
    // One for the decision, and one for each confirmation at most.
    assert!(chat.calls(Route::Read) <= 3, "{}", chat.calls(Route::Read));
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_has_left_is_not_the_one_the_customer_is_attached_to() {
    let harness = Harness::start().await;
    let new = NewConversation {
        agent_user_id: Some("agent-ada".into()),
        queue_id: Some("support".into()),
        with_system: true,
        ..NewConversation::default()
    };
    let chat = Chat::of(&harness, harness.control.create_conversation(new).unwrap());
    // The agent leaves with the transfer, and a bot keeps the conversation going.
    harness.control.transfer(&chat.conversation, "specialists", "billing").unwrap();
    harness.control.set_status(&chat.conversation, "ACTIVE").unwrap();
    let handshake = chat.validate().await.unwrap().handshake_id;
    let confirmed = chat.confirm(&handshake).await.unwrap();
    assert_eq!((confirmed.outcome(), confirmed.agent_id.as_str()), (Outcome::Confirmed, ""));
    harness.stop().await.unwrap();
}
